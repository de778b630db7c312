"""`python -m service.scans.pdf` counts a PDF's pages in a process of its own, with bounded memory and time.

A hostile file ends the child, not the web server. It reads the file from standard input, so that it never lies
on the disk in clear, and answers one word or a number.
"""

import resource
import subprocess
import sys
from typing import IO

LOCKED, BROKEN = "locked", "broken"
MEMORY = 2**30
_SECONDS = 20


def pages(content: IO[bytes]) -> int | str:
    """How many pages, LOCKED (a password) or BROKEN."""
    content.seek(0)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "service.scans.pdf"], input=content.read(), capture_output=True,
            timeout=_SECONDS * 2, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return BROKEN
    said = done.stdout.decode().strip()
    return int(said) if done.returncode == 0 and said.isdecimal() else LOCKED if said == LOCKED else BROKEN


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
        count = len(document)
        if count:
            document[0].close()  # a page tree that is too deep or broken shows here
    except pypdfium2.PdfiumError as error:
        print(LOCKED if "password" in str(error).lower() else BROKEN)
        return
    print(count)


if __name__ == "__main__":
    main()
