"""The machine that figures were taken on, and what this process uses of it."""

from __future__ import annotations

import os
import platform
import resource
import sys
from pathlib import Path

_MB = 1024 * 1024


def describe() -> str:
    """One line: processor, cores, Python and how busy the machine is right now."""
    load = "/".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{_processor()}, {cores()} cores, {platform.system()}, Python {platform.python_version()}, "
        f"load average {load}"
    )


def cores() -> int:
    """How many this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def memory_mb() -> float:
    """What this process holds in memory; where the system does not tell, the most that it ever held.

    The resident set and not the proportional one (PSS): that grows whenever any other process that has the
    same libraries loaded ends.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / _MB if sys.platform == "darwin" else peak / 1024
    return pages * resource.getpagesize() / _MB
