"""`/api/v1/loans` and the register of loans: one thin route for each operation."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from service.casework.shown import history
from service.circulation.lending.checking import Condition
from service.circulation.lending.comparing import Comparing
from service.circulation.lending.findings import Comparison, Finding
from service.circulation.lending.letters import Letters
from service.circulation.lending.operations import Lending, LendingOperations
from service.circulation.lending.register import Line, LoansRegister, Wanted
from service.circulation.lending.rules import Event, Held, Item, Loan, State
from service.web.described import (
    BINARY,
    DAY,
    FILE_SENT,
    NUMBER,
    STEPS,
    TEXT,
    TIME,
    VERSION,
    WHOLE,
    YES,
    Schema,
    given,
    gives,
    listing,
    many,
    maybe,
    one_of,
    shape,
    takes,
)
from service.web.identity import current_person
from service.web.inputs import json_object, version_of, whole_number
from service.workflow import Case

EVENTS = ", ".join(f"'{event}'" for event in Event)


_HEAD = {
    "id": TEXT, "state": one_of(State), "requester": TEXT, "department": maybe(TEXT), "due": maybe(DAY),
    "version": VERSION, "files": many(TEXT),
}  # fmt: skip
_CHECK = shape(pages=maybe(WHOLE), condition=one_of(Condition), note=TEXT, answers=TEXT)
_SAID = {
    "items": many(TEXT), "reason": TEXT, "from": DAY, "until": DAY, "organisation": maybe(TEXT), "bearer": maybe(TEXT),
    "extensions": WHOLE, "wanted": maybe(DAY), "check": maybe(_CHECK),
}  # fmt: skip


def _lent(**more: Schema) -> Schema:
    """What was typed (`_SAID`) is not there once the file is destroyed."""
    return {**shape(**_HEAD, **_SAID, **more), "required": [*_HEAD, *more]}


_ORIGINAL = shape(item=one_of(Item), id=TEXT, file_no=TEXT, condition=maybe(one_of(Condition)), found=YES)
_ARCHIVED = shape(pages=WHOLE, unscanned=WHOLE, differs=YES)
LOAN = _lent(
    overdue=YES, letter=YES, held=maybe(one_of(Held)), archived=maybe(_ARCHIVED), originals=many(_ORIGINAL),
    history=STEPS, open=many(TEXT),
)  # fmt: skip
_REGISTERED = _lent(name=TEXT, overdue=YES, handed_over=maybe(TIME), returned=maybe(TIME))
_FOUND = shape(
    finding=one_of(Finding), returned=maybe(WHOLE), boxes=many(many(NUMBER)), scan_id=maybe(TEXT), page_no=maybe(WHOLE)
)  # fmt: skip
COMPARISON = shape(
    id=TEXT, file_no=TEXT, state=TEXT, reason=maybe(TEXT), archived=WHOLE, returned=WHOLE, findings=many(_FOUND),
    shown=many(WHOLE),
)  # fmt: skip


def listed(case: Case, loan: Loan | None) -> dict[str, Any]:
    """A loan in a list. What was typed is gone with a destroyed file."""
    said: dict[str, Any] = {"files": list(case.files)}
    if loan is not None:
        said = {
            "items": list(loan.named), "files": list(case.files), "reason": loan.reason,
            "from": loan.start.isoformat(), "until": loan.until.isoformat(), "organisation": loan.organisation or None,
            "bearer": loan.bearer or None, "extensions": loan.extensions,
            "wanted": loan.wanted.isoformat() if loan.wanted else None,
            "check": loan.check and {
                "pages": loan.check.pages, "condition": loan.check.condition, "note": loan.check.note,
                "answers": loan.check.answers,
            },
        }  # fmt: skip
    return {
        "id": case.id, "state": case.state, "requester": case.requester, "department": case.department,
        "due": case.due.isoformat() if case.due else None, "version": case.version, **said,
    }  # fmt: skip


def shown(one: Lending) -> dict[str, Any]:
    """A loan with its history, and the steps that the person could take now; its originals as far as they know of
    the files."""
    conditions = one.loan.check.conditions if one.loan and one.loan.check else {}
    originals = [original for original in (one.loan.originals if one.loan else ()) if original.file_no in one.files]
    return {
        **listed(one.case, one.loan),
        "overdue": one.overdue,
        "letter": one.letter,
        "held": one.held,
        "archived": asdict(one.archived) if one.archived else None,
        "originals": [
            {
                **asdict(original),
                "condition": conditions.get(original.id),
                "found": one.loan is not None and original.id in one.loan.found,
            }
            for original in originals
        ],
        "history": history(one.case),
        "open": list(one.open),
    }


def _line(line: Line) -> dict[str, Any]:
    """A line of the register: borrower, when handed over and returned, what, due date (L3)."""
    return {
        **listed(line.kept.case, line.kept.content), "name": line.name, "overdue": line.overdue,
        "handed_over": line.handed.isoformat() if line.handed else None,
        "returned": line.returned.isoformat() if line.returned else None,
    }  # fmt: skip


def _compared(one: Comparison) -> dict[str, Any]:
    return {
        "id": one.id, "file_no": one.file_no, "state": one.state, "reason": one.reason or None,
        "archived": len(one.pages), "returned": one.returned, "shown": sorted(one.shown),
        "findings": [
            {"finding": f.finding, "returned": f.returned or None, "boxes": [list(box) for box in f.boxes],
             "scan_id": one.pages[f.page - 1].scan_id if f.page else None,
             "page_no": one.pages[f.page - 1].number if f.page else None}
            for f in one.findings
        ],
    }  # fmt: skip


def api(
    lending: LendingOperations, letters: Letters, comparing: Comparing, registered: LoansRegister,
    wanted: Callable[[str], Wanted],
) -> APIBlueprint:  # fmt: skip
    """`wanted` reads what a query string asks of the register."""
    routes = APIBlueprint("lending_api", __name__, tag="loans")

    @routes.post("/loans")
    @routes.doc(summary="Ask for originals (items, reason, from, until; organisation and bearer)", security="bearer")
    @takes(
        given(
            "items", "reason", "until",
            items=many(TEXT), reason=TEXT, until=DAY, organisation=TEXT, bearer=TEXT, **{"from": DAY},
        )
    )  # fmt: skip
    @gives(LOAN, status=201)
    def ask() -> ResponseReturnValue:
        return jsonify(shown(lending.ask(current_person(), json_object()))), 201

    @routes.get("/loans")
    @routes.doc(summary="What one asked for, newest first", security="bearer")
    @takes(query={"next": WHOLE})
    @gives(listing(_lent()))
    def mine() -> ResponseReturnValue:
        found, more = lending.mine(current_person(), whole_number("next"))
        return jsonify(items=[listed(one.case, one.content) for one in found], total=None, next=more)

    @routes.get("/loans/<case_id>")
    @routes.doc(summary="One loan with its history", security="bearer")
    @gives(LOAN)
    def get(case_id: str) -> ResponseReturnValue:
        return jsonify(shown(lending.get(current_person(), case_id)))

    @routes.post(f"/loans/<case_id>/<any({EVENTS}):event>")
    @routes.doc(
        summary="Take a step; an extension names `until`, a close what the check found (`conditions` by the id of an "
        "original, `condition` for all others), found which `originals`; an organisation's bearer `signed` the slip",
        security="bearer",
    )
    @takes(
        given(
            note=TEXT, version=VERSION, until=DAY, pages=WHOLE, condition=one_of(Condition), answers=TEXT,
            signed=YES, conditions={"type": "object", "additionalProperties": one_of(Condition)}, originals=many(TEXT),
        )
    )  # fmt: skip
    @gives(LOAN)
    def move(case_id: str, event: str) -> ResponseReturnValue:
        given = json_object()
        version = version_of(given) if "version" in given else None
        return jsonify(shown(lending.take(current_person(), case_id, Event(event), version, given)))

    @routes.post("/loans/<case_id>/letter")
    @routes.doc(summary="The scan of an organisation's letter (multipart, field `file`)", security="bearer")
    @takes(FILE_SENT, media="multipart/form-data")
    @gives(LOAN, status=201)
    def keep_letter(case_id: str) -> ResponseReturnValue:
        person, sent = current_person(), request.files.get("file")
        letters.keep(person, lending.get(person, case_id), sent.stream if sent else None)
        return jsonify(shown(lending.get(person, case_id))), 201

    @routes.get("/loans/<case_id>/letter")
    @routes.doc(summary="The organisation's letter", security="bearer")
    @gives("*/*")
    def letter(case_id: str) -> ResponseReturnValue:
        person = current_person()
        media_type, content = letters.read(person, lending.get(person, case_id))
        return Response(content, mimetype=media_type)

    @routes.post("/loans/<case_id>/returned")
    @routes.doc(
        summary="Scans or photos of what came back of one file (multipart, field `file`, any number), to be compared; "
        "a loan of several files names `file_no`",
        security="bearer",
    )
    @takes(given("file", file=many(BINARY), file_no=TEXT), media="multipart/form-data")
    @gives(COMPARISON, status=201)
    def returned(case_id: str) -> ResponseReturnValue:
        sent = [one.stream for one in request.files.getlist("file") if one]
        made = comparing.upload(current_person(), case_id, sent, request.form.get("file_no", ""))
        return jsonify(_compared(made)), 201

    @routes.get("/loans/<case_id>/returned")
    @routes.doc(summary="What the comparisons found, newest first", security="bearer")
    @gives(listing(COMPARISON))
    def comparisons(case_id: str) -> ResponseReturnValue:
        found = comparing.of_loan(current_person(), case_id)
        return jsonify(items=[_compared(one) for one in found], total=len(found), next=None)

    @routes.get("/loans/<case_id>/returned/<comparison_id>/pages/<int:number>/image")
    @routes.doc(summary="A returned page that differs, laid as the archived one is", security="bearer")
    @gives("image/jpeg")
    def returned_page(case_id: str, comparison_id: str, number: int) -> ResponseReturnValue:
        return Response(comparing.image(current_person(), case_id, comparison_id, number), mimetype="image/jpeg")

    @routes.get("/registers/loans")
    @routes.doc(
        summary="The register of loans, newest first; by file_no, department, account (or name) and days of handing "
        "over, and with out=yes what is out",
        security="bearer",
    )
    @takes(
        query={
            "file_no": TEXT, "department": TEXT, "account": TEXT, "from": DAY, "to": DAY, "out": one_of(["yes"]),
            "next": WHOLE,
        }
    )  # fmt: skip
    @gives(listing(_REGISTERED))
    def register() -> ResponseReturnValue:
        lines, more = registered.read(current_person(), wanted("next"))
        return jsonify(items=[_line(one) for one in lines], total=None, next=more)

    return routes
