"""What is laid over a page's image: lines to select, hits to go through, the text in parts."""

from service.fulltext.text import marks, parse
from service.scans import overlay
from service.scans.rules import Page, Word
from service.store.blobs import Blob

NOTHING = Blob("", 0, "", "")


def page(text: str, rows: list[list[tuple[str, float]]]) -> Page:
    """A page whose rows are words with their left edges, each sign 0.02 wide and 0.02 high, on a square sheet."""
    words, at = [], 0
    for number, row in enumerate(rows):
        for word, left in row:
            at = text.index(word, at)
            words.append(Word(at, word, (left, 0.1 + number * 0.05, 0.02 * len(word), 0.02), 1.0))
            at += len(word)
    return Page("s", 1, 1000, 1000, text, tuple(words), NOTHING, NOTHING)


TEXT = "劳动合同书\n编号：HT-7 甲方"
SIGNS = [
    [(sign, 0.1 + 0.02 * n) for n, sign in enumerate("劳动合同书")],
    [("编", 0.1), ("号", 0.12), ("HT", 0.16), ("7", 0.22), ("甲", 0.5), ("方", 0.52)],
]


def test_words_side_by_side_are_one_line() -> None:
    """A line ends with the row, and where a wide gap stands; what lies between its words belongs to it."""
    found = overlay.lines(page(TEXT, SIGNS))
    assert [line.text for line in found] == ["劳动合同书", "编号：HT-7", "甲方"]
    assert [line.at for line in found] == [0, 6, 14]
    assert [round(side, 2) for side in found[0].box] == [0.1, 0.1, 0.1, 0.02]


def test_a_hit_has_a_box_for_each_line_and_the_text_around_it() -> None:
    """One word that was found is one box, one that goes over a line's end is two, and neither is lost in the text."""
    sheet = page(TEXT, SIGNS)
    contract, over = overlay.hits(sheet, [(2, 4), (4, 7)])
    assert len(contract.boxes) == 1
    assert (contract.before, contract.found, contract.after) == ("劳动", "合同", "书 编号：HT-7 甲方")
    assert len(over.boxes) == 2


def test_what_has_no_box_is_no_hit() -> None:
    """Text without words on the image is found in the text alone."""
    assert overlay.hits(page("劳动合同书", []), [(2, 4)]) == []


def test_the_text_in_parts_is_the_text() -> None:
    """Parts joined are the text again, and the marked ones are what was looked for."""
    cut = overlay.parts(TEXT, marks(TEXT, parse("合同 甲方")))
    assert "".join(part for part, _ in cut) == TEXT
    assert [part for part, found in cut if found] == ["合同", "甲方"]
