"""The package side by side with what people would use instead: `python -m benchmarks eager`.

A workload is one file: its problem, and one function for each contender that solves it, so that a reader sees that they
do the same. Every contender runs in a process of its own (`processes.py`, `worker.py`). Before anything is timed, all
of them must agree on values and gradients.
"""
