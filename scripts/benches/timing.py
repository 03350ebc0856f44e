"""The stopwatch of the benches: they measure, so they read it."""

import time


def seconds() -> float:
    """Of a clock that never jumps."""
    return time.perf_counter()


def processor_seconds() -> float:
    """What this process has used so far, all of its threads."""
    return time.process_time()
