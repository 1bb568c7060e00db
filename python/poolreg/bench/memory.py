"""The memory that one call takes at its peak, its result included, by the system's own count."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

SELF = Path("/proc/self")
RESET_PEAK = "5"


def peak_of(call: Callable[[], Any]) -> int | None:
    """Bytes above what the process holds before the call; None where the system does not tell.

    What a library keeps for itself from an earlier call is not seen.
    """
    try:
        trim()
        (SELF / "clear_refs").write_text(RESET_PEAK)
        before = resident("VmRSS")
        kept = call()
        peak = resident("VmHWM")
    except (OSError, LookupError):
        return None
    del kept
    return max(peak - before, 0)


def trim() -> None:
    """Give the memory that was freed back to the system, where glibc is the allocator."""
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def resident(field: str) -> int:
    found = re.search(rf"{field}:\s*(\d+) kB", (SELF / "status").read_text())
    if not found:
        raise LookupError(field)
    return 1024 * int(found[1])
