"""`python -m scanner_ingest.decode TYPE` turns an original into page images, with bounded memory and time.

A process of its own for each scan: a hostile file ends it, and not the worker. The original comes on standard
input and pages go out one by one, so that nothing lies on the disk in clear.
"""

import json
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress

from PIL import Image

from scanner_ingest import pages
from scanner_ingest.layers import Layer
from scanner_ingest.pages import Unreadable

_MEMORY = 1536 * 2**20
_SECONDS = 1800
"""Of the processor, for at most 2,000 pages."""


def images(data: bytes, media_type: str) -> Iterator[tuple[Image.Image, Layer | None]]:
    """Each page as an RGB image of bounded size, with its own text where that is good. Raises Unreadable."""
    child = subprocess.Popen(
        [sys.executable, "-m", "scanner_ingest.decode", media_type], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018 - both are pipes
    feeding = threading.Thread(target=_feed, args=(child, data), daemon=True)
    feeding.start()
    try:
        while line := child.stdout.readline():
            said = json.loads(line)
            if "unreadable" in said:
                raise Unreadable(said["unreadable"])
            if "end" in said:
                return
            size = (said["width"], said["height"])
            pixels = child.stdout.read(size[0] * size[1] * 3)
            layer = Layer(said["text"], tuple((at, word, tuple(box)) for at, word, box in said["words"]))
            yield Image.frombytes("RGB", size, pixels), layer if layer.text else None
        raise Unreadable("文件无法在限定的内存和时间内打开：请重新扫描后上传")
    finally:
        child.kill()
        child.wait()
        feeding.join()
        child.stdout.close()


def _feed(child: "subprocess.Popen[bytes]", data: bytes) -> None:
    with suppress(BrokenPipeError, OSError):
        if child.stdin is not None:
            child.stdin.write(data)
            child.stdin.close()


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    out = sys.stdout.buffer
    try:
        for image, layer in pages.images(sys.stdin.buffer.read(), sys.argv[1]):
            said = {"width": image.width, "height": image.height, "text": "", "words": []}
            if layer is not None:
                said |= {"text": layer.text, "words": [list(word) for word in layer.words]}
            out.write(json.dumps(said).encode() + b"\n")
            out.write(image.tobytes())
            out.flush()
        out.write(b'{"end": true}\n')
    except (Unreadable, MemoryError) as error:
        words = str(error) if isinstance(error, Unreadable) else "图像过大：请用 600 dpi 以下重新扫描"
        out.write(json.dumps({"unreadable": words}).encode() + b"\n")
    out.flush()


if __name__ == "__main__":
    main()
