"""What the console costs: first load, processor, delay, heap. `python -m tests.benchmarks.console`."""
