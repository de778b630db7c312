"""How names are typed: pinyin whole and by initials, both readings where a surname has two. Pure."""

import os
from functools import cache, lru_cache
from itertools import product
from types import ModuleType

_SURNAMES = {
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "查": "zha", "区": "ou", "朴": "piao", "翟": "zhai",
    "任": "ren", "盖": "ge", "尉": "yu", "缪": "miao", "宓": "fu", "乐": "yue", "秘": "bi",
}  # fmt: skip
"""Surnames that are read otherwise than the character usually is."""
LONGEST = 20


@cache
def _pypinyin() -> ModuleType:
    """Loaded by who projects names alone, and without its words, which take 40 MB: names are read sign by sign."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    import pypinyin

    return pypinyin


@lru_cache(maxsize=4096)
def keys(name: str) -> frozenset[str]:
    """Every way in which the name is typed in Latin letters: full and by initials."""
    signs = [sign for sign in name if not sign.isspace() and sign not in "·•.-"]
    read = _pypinyin()
    readings = [set(read.pinyin(sign, style=read.Style.NORMAL)[0]) for sign in signs]
    if signs and signs[0] in _SURNAMES:
        readings[0] = {_SURNAMES[signs[0]], *read.lazy_pinyin(signs[0])}
    found: set[str] = set()
    for reading in product(*(sorted(one)[:2] for one in readings[:8])):
        rest = [sorted(one)[0] for one in readings[8:]]
        parts = [*reading, *rest]
        found |= {"".join(parts).lower(), "".join(part[:1] for part in parts).lower()}
        if len(found) > 16:
            break
    return frozenset(found)


def sort_key(name: str) -> str:
    """Names in the order of a Chinese directory: by pinyin, the surname's own reading first."""
    parts = _pypinyin().lazy_pinyin(name)
    if name and name[0] in _SURNAMES:
        parts[0] = _SURNAMES[name[0]]
    return " ".join(parts).lower()


def prefixes(*words: str) -> list[str]:
    """All beginnings of the words, 1 to 20 signs."""
    return sorted({word[:size] for word in words for size in range(1, min(len(word), LONGEST) + 1)})
