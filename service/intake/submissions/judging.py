"""What a check finds of each record (B2), and whether it still holds when the case is filed. Pure: no I/O, no clock."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.errors import FieldError, Invalid
from service.intake.submissions.rules import Handed
from service.records.rules import Record, Verdict
from service.scans.rules import Laid


@dataclass(frozen=True, slots=True)
class Judged:
    """What a check found of one record (B2)."""

    verdict: Verdict
    reason: str = ""


def judged(records: Sequence[str], given: Mapping[str, Any], asked: Collection[str] = ()) -> dict[str, Judged]:
    """The verdicts on records: each one's own in `records`, else the one for all, or none.

    Raises Invalid where a verdict is not one, a doubt or a falsehood has no reason, or one of `asked` has none.
    """
    each = given.get("records")
    rows = {str(one.get("id")): one for one in each if isinstance(one, Mapping)} if isinstance(each, list) else {}
    faults: list[FieldError] = []
    found: dict[str, Judged] = {}
    for number, record in enumerate(records, 1):
        own = rows.get(record, {})
        said = own if own.get("verdict") else {**given, **({"reason": own["reason"]} if own.get("reason") else {})}
        verdict, reason = str(said.get("verdict") or ""), str(said.get("reason") or "").strip()
        row = {"row": number}
        if not verdict and record not in asked:
            continue
        if verdict not in set(Verdict):
            text = "第 %(row)s 份，核验结论：请选择属实、存疑或虚假"
            faults.append(FieldError(f"records.{number}.verdict", text, row))
        elif verdict != Verdict.VERIFIED and not reason:
            text = "第 %(row)s 份，核验说明：存疑或虚假时必须填写原因"
            faults.append(FieldError(f"records.{number}.reason", text, row))
        else:
            found[record] = Judged(Verdict(verdict), reason[:2000])
    if faults:
        raise Invalid(fields=faults)
    return found


def mark(version: int, papers: Sequence[Laid]) -> str:
    """What changes with a record's values and with what is to be seen of its scans, not with their being read."""
    return " ".join([str(version), *(paper.mark for paper in papers)])


def standing(
    records: Sequence[Record], papers: Mapping[str, Sequence[Laid]], content: Handed
) -> dict[str, Judged]:  # fmt: skip
    """The verdicts of which nothing changed since: neither what the record says nor what is seen of its scans."""
    return {
        record.id: Judged(record.verification.verdict, record.verification.reason)
        for record in records
        if record.verification and content.checked.get(record.id) == mark(record.version, papers.get(record.id, ()))
    }


def facts(records: Sequence[Record], papers: Mapping[str, Sequence[Laid]], content: Handed) -> set[str]:
    """What the table's guards ask for."""
    marks = {record.id: mark(record.version, papers.get(record.id, ())) for record in records}
    found = {
        "evidence": all(any(paper.proves for paper in papers.get(record.id, ())) for record in records),
        "checked": all(seen == marks.get(record_id) for record_id, seen in content.checked.items()),
        "judged": all(record.verification and record.id in content.checked for record in records),
    }
    return {name for name, holds in found.items() if holds}
