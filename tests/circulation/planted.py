"""Pages as they were archived, and the same as they come back: scanned anew, and with planted damage."""

import io
import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from service.demo.drawing import KINDS, draw
from service.demo.people import people


def originals() -> list[Image.Image]:
    """Twelve different pages: four kinds of paper of three people."""
    agents = [one for one in people(40) if KINDS.keys() <= {record[:2] for record in one.records}][:3]
    papers = [lines(agent) for lines in KINDS.values() for agent in agents]
    return [Image.open(io.BytesIO(draw(lines, number))).convert("RGB") for number, lines in enumerate(papers)]


def scanned(page: Image.Image, chance: random.Random, turn: int = 0) -> Image.Image:
    """The same paper on another scanner: skewed, larger or smaller, lighter or darker, noisy, compressed."""
    page = page.rotate(chance.uniform(-2, 2), Image.Resampling.BICUBIC, expand=True, fillcolor="white")
    scale = chance.uniform(0.9, 1.05)
    page = page.resize((int(page.width * scale), int(page.height * scale)), Image.Resampling.LANCZOS)
    light = np.asarray(page).astype(float) * chance.uniform(0.88, 1.02) + chance.uniform(-8, 8)
    light += np.random.default_rng(chance.randrange(10_000)).normal(0, chance.uniform(1, 6), light.shape)
    page = Image.fromarray(light.clip(0, 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(chance.uniform(0.2, 0.9))
    )
    out = io.BytesIO()
    page.rotate(turn, expand=True).save(out, "JPEG", quality=chance.randrange(60, 90))
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
