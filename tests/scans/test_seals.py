"""Taking seals off a page, by its pixels alone."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from scanner_ingest.seals import without_seals
from tests.scans.paper import RED, font, paper, stamped

TEXT = [(120, 330, "签字：林晓　二一年三月一日")]


def shade(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L")).astype(int)


def test_a_seal_goes_and_print_beneath_it_stays() -> None:
    """Where nothing is printed the paper is bare again; where print lies under the seal it is as dark as before."""
    plain = paper(TEXT)
    clean = shade(Image.fromarray(without_seals(np.asarray(stamped(plain, (300, 330))))))
    before = shade(plain)
    assert (clean[before > 230] > 190).mean() > 0.995
    assert (clean[before < 60] < 120).mean() > 0.95


@pytest.mark.parametrize("text", ["荣誉证书", "国"])
def test_a_red_title_is_no_seal(text: str) -> None:
    """Red letters without a ring around them are text, and stay as they are."""
    image = paper([])
    ImageDraw.Draw(image).text((500, 200), text, font=font(46), fill=RED, anchor="mm")
    pixels = np.asarray(image)
    assert np.array_equal(without_seals(pixels), pixels)


def test_a_square_name_seal_goes_too() -> None:
    """A square frame with letters in it is a seal."""
    image = paper([])
    pen = ImageDraw.Draw(image)
    pen.rectangle((400, 300, 480, 380), outline=RED, width=5)
    pen.text((440, 340), "林晓", font=font(28), fill=RED, anchor="mm")
    assert shade(Image.fromarray(without_seals(np.asarray(image)))).min() > 190


def test_a_page_without_red_is_not_copied() -> None:
    """Most pages have no seal and cost nothing."""
    pixels = np.asarray(paper(TEXT))
    assert without_seals(pixels) is pixels
