"""Keeps the memory that a step frees for the next step.

The GNU C library gives it back to the system, which hands it out again page by page, cleared: source B's toy lost up
to a third of its pace to that, more or less as the addresses of a process fell.
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""What `mallopt` calls them (malloc.h)."""
KEPT = 1 << 30
"""Bytes that may lie free in a process; in a sweep only what one step needs ever does."""
LARGEST = 1 << 25
"""Bytes above which an allocation has pages of its own: as many as the library allows."""


@cache
def keep_freed_memory() -> bool:
    """Ask the C library of this process to; False where it has no such setting."""
    if sys.platform != "linux" or not hasattr(library := ctypes.CDLL(None), "mallopt"):
        return False
    mallopt = library.mallopt
    return all([mallopt(M_MMAP_THRESHOLD, LARGEST), mallopt(M_TRIM_THRESHOLD, KEPT)])
