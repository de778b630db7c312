"""The order in which lines are read, from where they stand alone: no model is asked."""

import numpy as np
import pytest
from PIL import Image

from scanner_ingest.layout import reading_order, slant
from tests.scans.paper import paper, ruled, skewed

SIZE = (1000, 700)


def corners(boxes: list[tuple[int, int, int, int]], degrees: float = 0.0) -> np.ndarray:
    """Four corners of each left, top, right, bottom, turned with the page around its middle."""
    points = np.array([[(a, b), (c, b), (c, d), (a, d)] for a, b, c, d in boxes], np.float32)
    turn = np.radians(-degrees)
    level = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    middle = np.array(SIZE) / 2
    return ((points - middle) @ level.T + middle).astype(np.float32)


def order(image: Image.Image, boxes: list[tuple[int, int, int, int]], degrees: float = 0.0) -> list[int]:
    return reading_order(np.asarray(skewed(image, degrees)), corners(boxes, degrees))


@pytest.mark.parametrize("degrees", [0.0, 2.5, -3.0])
def test_rows_are_read_from_the_left_on_a_skewed_page(degrees: float) -> None:
    """Three columns of five close rows: row by row, although skewed rows overlap in height."""
    boxes = [(60 + 300 * x, 100 + 40 * y, 300 + 300 * x, 128 + 40 * y) for y in range(5) for x in range(3)]
    shuffled = [7, 2, 14, 0, 9, 4, 11, 5, 1, 13, 3, 8, 6, 12, 10]
    assert [shuffled[n] for n in order(paper([]), [boxes[n] for n in shuffled], degrees)] == list(range(15))


@pytest.mark.parametrize("degrees", [0.0, 2.0])
def test_a_cell_is_read_whole(degrees: float) -> None:
    """The label in the middle of a high cell comes before all lines of the cell beside it, and rows follow rows."""
    image = ruled(ruled(paper([]), (80, 240, 920), (80, 300, 520)), (80, 240, 580, 920), (520, 580))
    boxes = [
        (100, 175, 220, 205), (260, 100, 900, 130), (260, 140, 900, 170), (260, 240, 500, 270),
        (100, 395, 220, 425), (260, 320, 900, 350), (600, 470, 900, 500),
        (100, 536, 220, 566), (260, 536, 500, 566), (600, 536, 900, 566),
    ]  # fmt: skip
    assert order(image, boxes, degrees) == list(range(10))


def test_lines_around_a_table_keep_their_place() -> None:
    """A title above and a signature below a table are read before and after it, also inside a frame around all."""
    for columns, rows in (((), ()), ((20, 980), (20, 680))):
        image = ruled(ruled(paper([]), (80, 500, 920), (200, 300, 400)), columns, rows) if columns else paper([])
        boxes = [(300, 60, 700, 110), (100, 235, 300, 265), (520, 235, 700, 265), (100, 335, 300, 365),
                 (520, 335, 700, 365), (100, 500, 400, 530), (520, 500, 700, 530)]  # fmt: skip
        assert order(image, boxes) == list(range(7))


def test_two_cards_side_by_side_are_read_one_after_the_other() -> None:
    """Two framed cards on one page are not mixed row by row."""
    image = ruled(ruled(paper([]), (60, 460), (100, 400)), (540, 940), (100, 400))
    boxes = [(x + 20, y, x + 250, y + 30) for x in (60, 540) for y in (130, 200, 270)]
    assert order(image, boxes) == list(range(6))


def test_the_slant_is_that_of_the_long_lines() -> None:
    """Short words and one stray line do not tilt a page."""
    boxes = [(100, 100 + 50 * n, 800, 130 + 50 * n) for n in range(5)]
    stray = corners([(100, 500, 140, 530), (200, 560, 230, 590)], 40)
    assert slant(np.concatenate([corners(boxes, -2.0), stray])) == pytest.approx(2.0, abs=0.05)
    assert slant(corners([(0, 0, 10, 10)])) == 0.0
