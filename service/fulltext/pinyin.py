"""How names are typed: pinyin whole and by initials, both readings where a surname has two. Pure.

pypinyin reads signs and phrases, and knows no surnames; those that are read otherwise stand here.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice, product

_SURNAMES = {
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "查": "zha", "区": "ou", "朴": "piao", "翟": "zhai",
    "盖": "ge", "缪": "miao", "宓": "fu", "乐": "yue", "秘": "bi", "卜": "bu", "种": "chong", "繁": "po", "员": "yun",
    "折": "she", "黑": "he", "洗": "xian", "覃": "qin", "隗": "wei", "郇": "xun", "郄": "xi", "祭": "zhai", "句": "gou",
    "佴": "nai", "能": "nai", "贲": "ben", "乜": "nie", "柏": "bo", "薄": "bo", "冒": "mo", "母": "mu", "莘": "xin",
    "牟": "mu", "都": "du", "瞿": "qu", "谌": "shen", "召": "shao", "会": "gui", "阙": "que", "晟": "cheng",
    "仆": "pu", "撒": "sa", "纪": "ji", "任": "ren", "葛": "ge", "万": "wan", "尉": "wei", "过": "guo", "车": "che",
}  # fmt: skip
"""Surnames that are read otherwise than the character usually is, or that have two readings in use."""
_OF_TWO = {
    "尉迟": "yu chi", "万俟": "mo qi", "单于": "chan yu", "长孙": "zhang sun", "令狐": "ling hu", "澹台": "tan tai",
    "乐正": "yue zheng", "闾丘": "lü qiu", "夹谷": "jia gu", "宰父": "zai fu", "亓官": "qi guan", "拓跋": "tuo ba",
    "呼延": "hu yan", "鲜于": "xian yu", "濮阳": "pu yang", "淳于": "chun yu", "赫连": "he lian", "皇甫": "huang fu",
}  # fmt: skip
"""Surnames of two signs with a reading of their own, or whose signs have several."""
_ALSO = {"长": "chang", "乐": "yue", "朝": "zhao", "重": "chong", "行": "hang", "茜": "xi", "卜": "bu", "莎": "suo"}
"""Second readings of signs in given names and in names that are written by their sound."""
LONGEST = 20
_MOST = 16
"""Readings of one name, at most."""


@lru_cache(maxsize=8192)
def _read(text: str) -> tuple[str, ...]:
    """Loaded for the first name: the dictionary takes 56 MB, and a timer or an ingest worker reads no names."""
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin(text))


@lru_cache(maxsize=4096)
def keys(name: str) -> frozenset[str]:
    """Every way in which the name is typed in Latin letters: full and by initials."""
    text = "".join(sign for sign in name if not sign.isspace() and sign not in "·•.-")
    found: set[str] = set()
    for parts in islice(_readings(text), _MOST):
        full, initials = "".join(parts).lower(), "".join(part[:1] for part in parts).lower()
        found |= {full.replace("ü", "v"), full.replace("ü", "u"), initials}
    return frozenset(found)


def _readings(text: str) -> Iterator[tuple[str, ...]]:
    """Each reading of a name: with the surname of two signs first where there is one, then sign by sign."""
    if text[:2] in _OF_TWO:
        for given in product(*map(_given, text[2:])):
            yield (*_OF_TWO[text[:2]].split(), *given)
    first = dict.fromkeys((_SURNAMES.get(text[:1], _usual(text[:1])), _usual(text[:1])))
    for rest in product(*map(_given, text[1:])):
        for surname in first:
            yield (surname, *rest)
    yield tuple(_latin(part) for part in _read(text))  # as a phrase: 长江 is not read as 长 is


def _given(sign: str) -> tuple[str, ...]:
    usual = _usual(sign)
    return (usual, _ALSO[sign]) if _ALSO.get(sign, usual) != usual else (usual,)


@lru_cache(maxsize=8192)
def _usual(sign: str) -> str:
    return _latin("".join(_read(sign)))


def _latin(part: str) -> str:
    """pypinyin writes ü as v; a Latin name keeps its v."""
    return part.replace("v", "ü") if part[:2] in ("lv", "nv") and part.isascii() else part


@lru_cache(maxsize=4096)
def sort_key(name: str) -> str:
    """Names in the order of a Chinese directory: by pinyin, the surname's own reading first."""
    parts: Sequence[str] = _read(name)
    if len(name) > 2 and name[:2] in _OF_TWO:
        parts = [*_OF_TWO[name[:2]].replace("ü", "v").split(), *_read(name[2:])]
    elif name and name[0] in _SURNAMES:
        parts = [_SURNAMES[name[0]], *_read(name[1:])]
    return " ".join(parts).lower()


def prefixes(*words: str) -> list[str]:
    """All beginnings of the words, 1 to 20 signs."""
    return sorted({word[:size] for word in words for size in range(1, min(len(word), LONGEST) + 1)})
