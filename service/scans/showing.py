"""A page's image as one person sees it: sensitive words painted over, and the watermark of a pass burned in. No store.

The stored image is never touched. The watermark is who looks and when, set diagonally over the whole page in outlined
letters: light enough to read the page through it, and there in every part that somebody would cut out.
"""

import io
from collections.abc import Sequence
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont, ImageStat

from service.fonts import FACE

Box = tuple[float, float, float, float]
_ANGLE = 24
_INK, _PALE, _DARK = (70, 95, 140), (235, 240, 250), 100
_STRENGTH, _ROW = 45, 8


def shown(plain: bytes, hidden: Sequence[Box], said: str) -> bytes:
    """The JPEG `plain` with `hidden` painted over and `said` burned in; itself where there is nothing to do."""
    if not hidden and not said:
        return plain
    image = Image.open(io.BytesIO(plain)).convert("RGB")
    draw = ImageDraw.Draw(image)
    for x, y, width, height in hidden:
        left, top = x * image.width, y * image.height
        draw.rectangle(
            (left - 2, top - 2, left + width * image.width + 2, top + height * image.height + 2), fill="#333"
        )
    if said:
        dark = ImageStat.Stat(image.convert("L").reduce(8)).mean[0] < _DARK
        image.paste(_PALE if dark else _INK, mask=_layer(said, image.size))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82)
    return out.getvalue()


@lru_cache(maxsize=8)
def _layer(said: str, size: tuple[int, int]) -> Image.Image:
    """How strongly each point of a page is inked; the same for all pages of one size within a minute."""
    letters = max(12, round(size[0] / 40))
    font = ImageFont.truetype(str(FACE), letters)
    left, top, right, _bottom = (round(side) for side in font.getbbox(said))
    step, row = right - left + 3 * letters, _ROW * letters
    side = round((size[0] ** 2 + size[1] ** 2) ** 0.5)
    flat = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(flat)
    for number, y in enumerate(range(0, side, row)):
        for x in range(-(number % 2) * step // 2, side, step):
            draw.text((x - left, y - top), said, _STRENGTH, font)
    turned = flat.rotate(_ANGLE, Image.Resampling.BILINEAR)
    x, y = (side - size[0]) // 2, (side - size[1]) // 2
    return turned.crop((x, y, x + size[0], y + size[1]))


__all__ = ["shown"]
