"""Becomes a program that ends with the process that started it, however that one ends.

    python -S coachsite/launch.py PARENT_PID LISTEN_FD PROGRAM ARGUMENT...

Run as a file, on the standard library alone and under any Python: it only prepares the process and then
replaces itself. ``LISTEN_FD`` is a listening socket to hand over as systemd does it (as descriptor 3, named
``web``), or -1.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
FIRST_LISTEN_FD = 3


def main(arguments: list[str]) -> None:
    parent, listen_fd, command = int(arguments[0]), int(arguments[1]), arguments[2:]
    _die_with(parent)
    if listen_fd >= 0:
        if listen_fd != FIRST_LISTEN_FD:
            os.dup2(listen_fd, FIRST_LISTEN_FD, inheritable=True)
            os.close(listen_fd)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="web")
    os.execvp(command[0], command)


def _die_with(parent: int) -> None:
    """Has the kernel kill this process when its parent is gone (Linux only). It survives the exec below.

    SIGKILL, as a process that hangs would outlive anything gentler; what is stored is stored as it happens.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel was asked
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
