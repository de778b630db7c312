"""File numbers by the rule that the company sets (S2), such as `KF-{hire_year}-{seq:05}`. Pure."""

import re
import unicodedata

from service.errors import FieldError, Invalid

_PLACES = re.compile(r"\{(hire_year|hire_month|seq)(?::0?(\d{1,2}))?\}")
_TYPED = {"hire_year": r"(\d{4})", "hire_month": r"(\d{1,2})", "seq": r"0*(\d+)"}
_SIGNS = re.compile(r"[A-Z0-9-]*")


def check(rule: str) -> str:
    """The rule, if it can make unique numbers. Raises Invalid with the mend."""
    places = _PLACES.findall(rule)
    rest = _PLACES.sub("", rule)
    if sum(name == "seq" for name, _ in places) != 1:
        raise Invalid(fields=[FieldError("numbering_rule", "编号规则必须含有一个 {seq} 或 {seq:05}")])
    if not _SIGNS.fullmatch(rest) or len(rule) > 60:
        raise Invalid(
            fields=[FieldError("numbering_rule", "编号规则只能用大写字母、数字、短横线和 {hire_year} {seq} 等占位")]
        )
    return rule


def prefix(rule: str, hire_date: str) -> str:
    """All of the number but its sequence; numbers with one prefix are counted together."""
    return _fill(rule, hire_date, "#")


def render(rule: str, hire_date: str, seq: int) -> str:
    """The number of the `seq`-th file under this rule and hire date."""
    return _fill(rule, hire_date, str(seq))


def typed(rule: str, text: str) -> str:
    """A number as somebody typed it, the way the rule writes it: `2021-42` and `kf202100042` are KF-2021-00042.

    What is no such number comes back in capitals.
    """
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    pattern, at = "", 0
    for place in _PLACES.finditer(rule):
        before = re.escape(rule[at : place.start()]).replace(r"\-", "-?")
        pattern += (before if at else f"(?:{before})?") + _TYPED[place[1]]
        at = place.end()
    found = re.fullmatch(pattern + re.escape(rule[at:]), text)
    if found is None:
        return text
    parts = iter(found.groups())
    return _PLACES.sub(lambda place: next(parts).rjust(int(place[2] or 0), "0"), rule)


def _fill(rule: str, hire_date: str, seq: str) -> str:
    known = {"hire_year": hire_date[:4], "hire_month": hire_date[5:7], "seq": seq}
    return _PLACES.sub(lambda found: known[found[1]].rjust(int(found[2] or 0), "0"), rule)
