"""What glibc does with memory that was freed: by default the end of the heap goes back to the kernel at once.

Who takes and frees megabytes for every message then pays for each page of them anew, which costs more than copying them.
"""

import ctypes
from typing import Final

M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
"""malloc.h's names and numbers."""
LARGEST_BYTES: Final = 32 << 20
"""glibc's own bound of M_MMAP_THRESHOLD; twice the longest frame."""


def keep_freed_memory(most_bytes: int) -> bool:
    """So much of what was freed is kept for what comes next. False where there is no `mallopt` (musl, macOS): nothing changes."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(
        (mallopt(M_MMAP_THRESHOLD, LARGEST_BYTES), mallopt(M_TRIM_THRESHOLD, most_bytes))
    )
