"""Text is cut the same way for every engine, and marks always lie on the text as it was given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.fulltext import pinyin
from service.fulltext.text import marks, parse, prepare, tokens


def test_han_alone_and_runs_whole() -> None:
    """Han characters are tokens of their own; letters and digits stay together; width and case do not matter."""
    assert prepare("劳动合同ＨＴ-2013年，ABC") == "劳 动 合 同 ht 2013 年 abc"


@given(st.text(max_size=120))
def test_what_is_prepared_is_what_is_cut(text: str) -> None:
    """The index holds the very tokens that marks are looked for in."""
    assert prepare(text).split(" ") == ([token.text for token in tokens(text)] or [""])


def test_traditional_is_simplified() -> None:
    """A traditional word finds the simplified one and the other way round."""
    assert prepare("張三優秀客服員獎") == prepare("张三优秀客服员奖")


def test_line_breaks_inside_a_word_do_not_matter() -> None:
    """A word that a scan breaks over two lines is found as one."""
    assert marks("劳动\n合 同", parse("劳动合同")) == [[0, 6]]


def test_quotes_keep_a_phrase() -> None:
    """Blanks part terms, quotes of either width keep them together."""
    assert [term.tokens for term in parse("张三 “合同 2013”")] == [("张", "三"), ("合", "同", "2013")]


@given(st.text(max_size=120), st.text(min_size=1, max_size=8))
def test_marks_stand_on_what_was_asked(text: str, word: str) -> None:
    """Whatever is marked is cut into tokens that hold the term; marks are in order and do not overlap."""
    terms = parse(word)
    found = marks(text, terms)
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(found[n][1] < found[n + 1][0] for n in range(len(found) - 1))
    for start, end in found:
        inside = [token.text for token in tokens(text[start:end])]
        assert any(set(term.tokens) <= set(inside) for term in terms)


SURNAMES = {
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "查": "zha", "区": "ou", "朴": "piao", "翟": "zhai",
    "卜": "bu", "任": "ren", "盖": "ge", "缪": "miao", "尉": "wei", "秘": "bi", "乜": "nie", "覃": "qin",
}  # fmt: skip
OF_TWO = [
    ("尉迟", "yuchi", "yc"), ("万俟", "moqi", "mq"), ("单于", "chanyu", "cy"), ("长孙", "zhangsun", "zs"),
    ("令狐", "linghu", "lh"), ("澹台", "tantai", "tt"), ("乐正", "yuezheng", "yz"), ("欧阳", "ouyang", "oy"),
    ("诸葛", "zhuge", "zg"), ("司徒", "situ", "st"), ("皇甫", "huangfu", "hf"), ("夏侯", "xiahou", "xh"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("单晓红", {"shanxiaohong", "sxh"}),
        ("曾庆华", {"zengqinghua", "zqh"}),
        ("欧阳若溪", {"ouyangruoxi", "oyrx"}),
        ("阿卜杜·买买提", {"abudumaimaiti", "abdmmt"}),
        ("阿卜杜·买买提", {"abudumaimaiti"}),
        ("Tom Lee", {"tomlee"}),
        ("Vivian·Lü", {"vivianlv", "vivianlu"}),
        ("吕布", {"lvbu", "lubu"}),
        ("张长江", {"zhangchangjiang"}),
        *((f"{sign}明", {f"{reading}ming"}) for sign, reading in SURNAMES.items()),
        *((f"{signs}晓明", {f"{reading}xiaoming", f"{initials}xm"}) for signs, reading, initials in OF_TWO),
    ],
)
def test_names_are_found_by_pinyin(name: str, typed: set[str]) -> None:
    """Full pinyin and initials are there, with the surname's own reading, of one sign or two."""
    assert pinyin.keys(name) & typed == typed


def test_a_surname_of_two_readings_has_both() -> None:
    """单 is typed as shan and as dan; 单于明 may be of 单于 or of 单."""
    assert {"shanming", "danming"} <= pinyin.keys("单明")
    assert {"chanyuming", "shanyuming"} <= pinyin.keys("单于明")


def test_a_name_has_few_readings() -> None:
    """However many signs have two readings, an index is not flooded."""
    assert len(pinyin.keys("长乐朝重行茜卜莎长乐朝重")) <= 48


def test_names_sort_as_in_a_directory() -> None:
    """The surname's own reading decides: 曾 stands under Z, 单 under S, 单于 under C, 尉迟 under Y and 尉 under W."""
    names = ["曾一", "安二", "单三", "李四", "单于五", "尉迟六", "尉七", "万俟八"]
    ordered = ["安二", "单于五", "李四", "万俟八", "单三", "尉七", "尉迟六", "曾一"]
    assert sorted(names, key=pinyin.sort_key) == ordered
