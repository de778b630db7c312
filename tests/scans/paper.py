"""Paper that the tests draw: lines where one wants them, ruled tables, and seals stamped over print."""

import io
import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

import service.demo.drawing as drawing

_FONT = Path(drawing.__file__).parent / "fonts" / "NotoSansCJKsc-demo.otf"
RED = (205, 62, 58)
TONE = (247, 246, 242)


def font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONT, size)


def paper(lines: Sequence[tuple[int, int, str]], size: tuple[int, int] = (1000, 700), high: int = 32) -> Image.Image:
    """Lines by their left middle."""
    image = Image.new("RGB", size, TONE)
    pen = ImageDraw.Draw(image)
    for x, y, text in lines:
        pen.text((x, y), text, font=font(high), fill=(28, 28, 32), anchor="lm")
    return image


def stamped(image: Image.Image, centre: tuple[int, int], radius: int = 110, letters: str = "人事专用章") -> Image.Image:
    """With a round red seal over it: ink lets print through, and a JPEG blurs its colour."""
    ink = Image.new("RGB", image.size, "white")
    pen = ImageDraw.Draw(ink)
    x, y = centre
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), outline=RED, width=6)
    pen.regular_polygon((x, y, radius // 4), 5, fill=RED)
    for n, letter in enumerate(letters):
        angle = math.radians(-150 + 120 * n / max(1, len(letters) - 1))
        at = (x + 0.74 * radius * math.cos(angle), y + 0.74 * radius * math.sin(angle))
        pen.text(at, letter, font=font(34), fill=RED, anchor="mm")
    out = io.BytesIO()
    ImageChops.multiply(image, ink).save(out, "JPEG", quality=80)
    return Image.open(out).convert("RGB")


def ruled(image: Image.Image, columns: Sequence[int], rows: Sequence[int]) -> Image.Image:
    """With a grid of ruled lines at these places."""
    pen = ImageDraw.Draw(image)
    for x in columns:
        pen.line((x, rows[0], x, rows[-1]), fill="black", width=3)
    for y in rows:
        pen.line((columns[0], y, columns[-1], y), fill="black", width=3)
    return image


def skewed(image: Image.Image, degrees: float) -> Image.Image:
    return image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=TONE)
