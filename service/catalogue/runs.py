"""Where sensitive values stand in running text: by their form, and those of the text's own file by what they are. Pure.

Recognition breaks numbers over lines, puts blanks into them and takes 0 for O, so forms are looked for with what it may
do to them, in a text that is folded sign by sign: whatever is found has its place in the text as it was.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from rapidfuzz import fuzz

EDITION = 2
"""Of the forms below: another one asks the index for a new look at every text."""
_SHORTEST, _LONG, _NEARLY, _MOST = 6, 10, 85, 20


class _Folds(dict[int, str]):
    """Each sign as NFKC has it, where that is one sign too: full-width digits, blanks and dashes of all kinds."""

    def __missing__(self, code: int) -> str:
        sign = unicodedata.normalize("NFKC", chr(code))
        kept = sign if len(sign) == 1 else chr(code)
        self[code] = "-" if unicodedata.category(kept) == "Pd" else kept
        return self[code]


_FOLDS = _Folds({ord(sign): "X" for sign in "×✕✖ХхΧχ"} | {ord("−"): "-"})
_AS_DIGITS = str.maketrans("OoQDIl|SsBZz", "000011155822")
_GAP = r"[ \t\-]{0,2}(?:\n[ \t]{0,8})?"
_SIGN = r"[0-9OoQDIl|SsBZz]"
_ID = re.compile(rf"(?<![0-9])[1-9](?:{_GAP}{_SIGN}){{16}}{_GAP}[0-9Xx](?![0-9])")
_OLD_ID = re.compile(rf"(?<![0-9])[1-9](?:{_GAP}[0-9]){{14}}(?![0-9])")
_MOBILE = re.compile(rf"(?<![0-9])(?:(?:\+|00)?86\)?{_GAP})?[1Il|]{_GAP}[3-9](?:{_GAP}{_SIGN}){{9}}(?![0-9])")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_BORN = re.compile(r"[0-9]{6}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_BORN_OLD = re.compile(r"[0-9]{8}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_BETWEEN = re.compile(r"[\s\-]+")


def sensitive_runs(text: str, own: Sequence[str] = ()) -> list[tuple[int, int]]:
    """Where sensitive runs stand in `text`, apart and in order; `own` are sensitive values of the file it is of."""
    folded = text.translate(_FOLDS)
    found = [*_forms(folded), *_near(folded, own)]
    joined: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def own(values: Iterable[str]) -> tuple[str, ...]:
    """Those of a file's sensitive values that are long enough to be looked for in its texts."""
    plain = (_BETWEEN.sub("", value.translate(_FOLDS)) for value in values)
    return tuple(dict.fromkeys(value for value in plain if len(value) >= _SHORTEST))


def _forms(folded: str) -> Iterator[tuple[int, int]]:
    """Numbers of people and e-mail addresses; no row of other numbers that stand side by side."""
    yield from (found.span() for found in _EMAIL.finditer(folded))
    for form, likely in ((_ID, _is_id), (_OLD_ID, _is_old_id), (_MOBILE, _is_mobile)):
        at = 0
        while (found := form.search(folded, at)) is not None:
            signs, gaps = _BETWEEN.sub("", found[0]), _BETWEEN.findall(found[0])
            digits = signs.translate(_AS_DIGITS)
            misread = sum(a != b for a, b in zip(signs, digits, strict=True))
            if likely(digits, misread, gaps):
                yield found.span()
                at = found.end()
            else:
                at = found.start() + 1


def _is_id(digits: str, misread: int, gaps: Sequence[str]) -> bool:
    plain = not misread and all(gap in (" ", "\t") for gap in gaps)
    return plain or (misread <= 2 and bool(_BORN.match(digits)))


def _is_old_id(digits: str, _misread: int, gaps: Sequence[str]) -> bool:
    return len(gaps) <= 3 and bool(_BORN_OLD.match(digits))


def _is_mobile(_digits: str, misread: int, gaps: Sequence[str]) -> bool:
    return misread <= 1 and sum(gap not in (" ", "-") for gap in gaps) <= 3


def _near(folded: str, own: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where one of the values stands, blanks and lines aside; of long ones also what is nearly the same."""
    if not own:
        return
    places = [place for place, sign in enumerate(folded) if not (sign.isspace() or sign == "-")]
    dense = "".join(folded[place] for place in places)
    for value in own:
        rest = dense
        for _ in range(_MOST if len(value) <= len(dense) else 0):
            start, end = _next(value, rest)
            if end <= start:
                break
            yield places[start], places[end - 1] + 1
            rest = rest[:start] + "\0" * (end - start) + rest[end:]


def _next(value: str, rest: str) -> tuple[int, int]:
    exact = rest.find(value)
    if exact >= 0:
        return exact, exact + len(value)
    found = fuzz.partial_ratio_alignment(value, rest, score_cutoff=_NEARLY) if len(value) >= _LONG else None
    return (found.dest_start, found.dest_end) if found is not None else (0, 0)
