"""Keeps a program from outliving the one that started it, even one that was killed. Linux alone knows how.

What is started is this file, in an interpreter of its own: it asks the kernel for a signal on its parent's end, which
holds through the `exec` of the program, also of one that is not ours.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_PR_SET_PDEATHSIG = 1
_LAUNCHER = ThreadPoolExecutor(1, "leash")


def launch(command: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start the command such that it is told to end (SIGTERM) when this program does; `options` are Popen's.

    The kernel minds the end of the thread that started it: so one does that lives as long as the program.
    """
    if sys.platform == "linux":
        command = [sys.executable, "-SE", __file__, str(os.getpid()), *command]
    made: subprocess.Popen[bytes] = _LAUNCHER.submit(lambda: subprocess.Popen(command, **options)).result()
    return made


def _run(parent: int, command: list[str]) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == parent:  # else it has ended before we asked
        os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    _run(int(sys.argv[1]), sys.argv[2:])
