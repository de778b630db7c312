"""Pages as they were archived, and the same as they come back: scanned anew, photographed, and with planted damage."""

import io
import random
from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from service.demo.drawing import KINDS, draw
from service.demo.people import people
from service.fonts import FACE


@cache
def originals() -> list[Image.Image]:
    """Twelve different pages: four kinds of paper of three people."""
    agents = [one for one in people(40) if KINDS.keys() <= {record[:2] for record in one.records}][:3]
    papers = [lines(agent) for lines in KINDS.values() for agent in agents]
    return [Image.open(io.BytesIO(draw(lines, number))).convert("RGB") for number, lines in enumerate(papers)]


def back(number: int = 0) -> Image.Image:
    """The empty back of a sheet, or one that bears its number alone."""
    page = Image.new("RGB", (1240, 1754), (252, 251, 247))
    if number:
        font = ImageFont.truetype(str(FACE), 30)
        ImageDraw.Draw(page).text((600, 1640), f"- {number} -", (40, 40, 40), font)
    return page


def scanned(page: Image.Image, chance: random.Random, turn: int = 0, lid: str | None = None) -> Image.Image:
    """The same paper on another scanner: skewed, larger or smaller, lighter or darker, noisy, compressed."""
    page = page.rotate(chance.uniform(-2, 2), Image.Resampling.BICUBIC, expand=True, fillcolor=lid or "white")
    scale = chance.uniform(0.9, 1.05)
    page = page.resize((int(page.width * scale), int(page.height * scale)), Image.Resampling.LANCZOS)
    light = np.asarray(page, dtype=np.float32) * chance.uniform(0.88, 1.02) + chance.uniform(-8, 8)
    return _sensed(light, chance).rotate(turn, expand=True)


def photographed(page: Image.Image, chance: random.Random) -> Image.Image:
    """The same paper on a table before a telephone: seen from the side, in uneven light, with its shadow."""
    (width, height), off = page.size, lambda: chance.uniform(0.02, 0.1)
    frame = (round(width * 1.1), round(height * 1.1))
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    seen = [(off(), off()), (1 - off(), off()), (1 - off(), 1 - off()), (off(), 1 - off())]
    plane = cv2.getPerspectiveTransform(
        np.array(corners, np.float32), np.array([(x * frame[0], y * frame[1]) for x, y in seen], np.float32)
    )
    table = chance.randrange(30, 80)
    picture = cv2.warpPerspective(
        np.asarray(page), plane, frame, flags=cv2.INTER_AREA, borderValue=(table, table * 0.9, table * 0.8)
    )
    across, down = np.meshgrid(np.linspace(-1, 1, frame[0]), np.linspace(-1, 1, frame[1]))
    slope = chance.uniform(-0.15, 0.15) * across + chance.uniform(-0.15, 0.15) * down
    light = picture * (0.75 + slope)[..., None].astype(np.float32)
    return _sensed(light, chance)


def _sensed(light: np.ndarray, chance: random.Random) -> Image.Image:
    """What a sensor makes of it: noise, a little blur, and JPEG."""
    grain = np.random.default_rng(chance.randrange(10_000)).standard_normal(light.shape[:2], dtype=np.float32)
    light += chance.uniform(1, 6) * grain[..., None]
    page = Image.fromarray(light.clip(0, 255).astype(np.uint8))
    out = io.BytesIO()
    page.filter(ImageFilter.GaussianBlur(chance.uniform(0.2, 0.9))).save(out, "JPEG", quality=chance.randrange(60, 90))
    return Image.open(out).convert("RGB")


def written_on(page: Image.Image, chance: random.Random) -> Image.Image:
    """The page with a line, a tick, a ring or a word that a pen has left on it."""
    page = page.copy()
    pen = ImageDraw.Draw(page)
    x, y = chance.uniform(0.15, 0.7) * page.width, chance.uniform(0.15, 0.8) * page.height
    ink = chance.choice([(30, 30, 120), (20, 20, 20), (180, 20, 20)])
    zigzag = [(x + n * 9, y - 8 + 30 * (n % 2)) for n in range(12)]
    marks: list[Callable[[], object]] = [
        lambda: pen.line([x, y, x + 180, y + chance.uniform(-5, 5)], fill=ink, width=4),
        lambda: pen.line([x, y, x + 20, y + 25, x + 60, y - 40], fill=ink, width=4),
        lambda: pen.ellipse([x, y, x + 120, y + 60], outline=ink, width=4),
        lambda: pen.line(zigzag, fill=ink, width=3),
    ]
    chance.choice(marks)()
    return page


def torn(page: Image.Image, chance: random.Random, lid: str | None) -> Image.Image:
    """The page without its lower part, along a ragged edge; the rest shows the scanner's lid, or is not there."""
    page, rest = page.copy(), chance.uniform(0.3, 0.5 if lid else 0.8) * page.height
    edge = [(x, rest + chance.uniform(-12, 12)) for x in range(0, page.width + 40, 40)]
    ImageDraw.Draw(page).polygon([*edge, (page.width, page.height), (0, page.height)], fill=lid or "white")
    return page if lid else page.crop((0, 0, page.width, int(rest) - 12))
