"""QR codes of what is printed."""

import re

import cv2
import numpy
from PIL import Image, ImageDraw

from service.web.qr import qr


def test_a_code_is_read_back_and_brings_no_style_of_its_own() -> None:
    """The page's policy lets no style within it, so that colours stand in attributes, with white around the code."""
    drawn = str(qr("6b068c7d80a3d6bef5903163"))
    assert "style" not in drawn
    left, top, width, height = (float(one) for one in re.search('viewBox="([^"]+)"', drawn)[1].split())
    paper = Image.new("L", (int(width) * 8, int(height) * 8), 255)
    pen = ImageDraw.Draw(paper)
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawn):
        at = ((float(x) - left) * 8, (float(y) - top) * 8)
        pen.rectangle((*at, at[0] + 7, at[1] + 7), fill=0)
    assert cv2.QRCodeDetector().detectAndDecode(numpy.asarray(paper))[0] == "6b068c7d80a3d6bef5903163"
