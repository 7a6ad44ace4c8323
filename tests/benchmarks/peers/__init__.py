"""Other stream processors doing the same job: their programs, their locked packages, their environments."""
