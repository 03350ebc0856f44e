"""What the processes of a bench weigh."""

from pathlib import Path


def own_kib() -> int:
    """Memory of the process itself just now, without the pages that LMDB shares with the disk's cache."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:"))
