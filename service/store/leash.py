"""Keeps a program from outliving the one that started it, even one that was killed. Linux alone knows how.

What is started is this file, in an interpreter of its own: it asks the kernel for a signal on its parent's end, which
holds through the `exec` of the program, also of one that is not ours.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1


def leashed(command: Sequence[str]) -> list[str]:
    """The command, such that it is told to end (SIGTERM) when the thread that starts it does."""
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-SE", __file__, str(os.getpid()), *command]


def _run(parent: int, command: list[str]) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == parent:  # else it has ended before we asked
        os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    _run(int(sys.argv[1]), sys.argv[2:])
