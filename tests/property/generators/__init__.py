"""Record sets that reach every rule of records.md 4 with useful density.

`random_records(seed, size)` needs no hypothesis (its records can be posted over HTTP as they are);
`record_sets()` is the strategy around it, which shrinks a failing set to the few records that matter.
"""
