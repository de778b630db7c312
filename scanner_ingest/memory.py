"""The worker's own memory: how much it holds, and giving back what it no longer uses."""

import ctypes
import os
from pathlib import Path


def resident() -> int:
    """Bytes of this process that lie in memory now; 0 where the system does not say."""
    told = Path("/proc/self/statm")
    return int(told.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if told.exists() else 0


def give_back() -> None:
    """Return freed memory to the system: reading a page leaves 400 MB that the C library would keep (glibc alone)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
