"""What is found sensitive in running text, and what is not: forms as they are read, and a file's own values."""

import pytest

from service.catalogue.masks import SIGN, mask_text
from service.catalogue.runs import own, sensitive_runs

NUMBER = "110101199003071234"


@pytest.mark.parametrize("said", [
    NUMBER, "110101 19900307 1234", "110101-19900307-1234", "11010119900307123×",
    "１１０１０１１９９００３０７１２３４",
    "1101011990\n03071234", "11O101199003071234", "110101199003O7l234",
    "110101900307123", "110101—19900307—123X",
    "13812345678", "+8613812345678", "+86 138-1234-5678", "008613812345678", "(+86)13812345678",
    "１３８１２３４５６７８",
    "138 1234\n5678", "1381234S678", "l3812345678", "a.b@example.com", "ａ.b＠example.com",
])  # fmt: skip
def test_sensitive_forms_are_found_whole(said: str) -> None:
    """K2: however a number was written, or read, all of its signs are starred, and nothing else is."""
    text = f"号码：{said}，经办"
    hidden = mask_text(text)
    assert not set(hidden) & set("0123456789@")
    assert (hidden[:3], hidden[-3:], len(hidden)) == ("号码：", "，经办", len(text))
    assert hidden.count("\n") == text.count("\n")


@pytest.mark.parametrize("said", [
    "2021-03-01 2022-02-28 85", "2021-03-01\n2022-02-28\n2023-02-28", "合同编号 HT-2021-00012", "KF-2021-00001",
    "91110108MA01ABCD5X", "2025年1月至2025年12月，得分 85.5 88.0 91.5", "订单金额 1234567.00 元", "010-12345678",
])  # fmt: skip
def test_other_numbers_stay(said: str) -> None:
    """Dates, scores, sums, numbers of contracts and of files are no numbers of people."""
    assert mask_text(said) == said


def test_a_files_own_values_are_found_in_its_texts() -> None:
    """K2: an address across two lines, a number with a digit read as a letter and once more; short values are not."""
    mine = own(["浙江省杭州市西湖区文三路 12 号 3 单元 402", NUMBER, "已婚"])
    text = f"住址 浙江省杭州市西湖区\n文三路12号3单元4O2 证号 {NUMBER[:9]}口{NUMBER[10:]}，又 {NUMBER}，已婚"
    hidden = mask_text(text, mine)
    assert hidden == f"住址 {SIGN * 9}\n{SIGN * 12} 证号 {SIGN * 18}，又 {SIGN * 18}，已婚"
    assert mask_text("杭州市文一路", mine) == "杭州市文一路"


def test_runs_are_apart_and_in_order() -> None:
    """A value that is found by its form and as the file's own is one run."""
    assert sensitive_runs(f"{NUMBER} 13812345678", own([NUMBER])) == [(0, 18), (19, 30)]
