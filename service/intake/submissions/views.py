"""Pages of submissions and supplements: the list, the form for one or many agents, one case with its records."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.catalogue import derived
from service.catalogue.model import Catalogue, SubCategory
from service.errors import Conflict, DanganError, Invalid
from service.files.rules import File
from service.intake.submissions.api import EVENTS, which
from service.intake.submissions.operations import Submission, Submissions
from service.intake.submissions.repository import SUPPLEMENTS
from service.intake.submissions.rules import ALWAYS_SPECIAL, SPECIAL, Event, State, handed_at, spread
from service.person import Person
from service.records.rules import Record
from service.scans.operations import ScanOperations
from service.web.identity import current_person
from service.web.inputs import form_values, version_of, whole_number

Agents = Callable[[Person], Sequence[File]]
"""The files that are offered beside the field for a file's number."""
_DONE = {
    Event.SUBMIT: "已提交，等待档案室审核", Event.CHECK: "核验结论已登记", Event.FILE: "已归档",
    Event.SEND_BACK: "已退回，提交人会看到原因", Event.WITHDRAW: "已撤回，不再等待办理",
    Event.TAKE_OVER: "已接手，由您继续办理",
}  # fmt: skip
ACTS = {
    "create": "登记",
    "submit": "提交",
    "check": "核验",
    "file": "归档",
    "send-back": "退回",
    "withdraw": "撤回",
    "take-over": "接手",
}


def blueprint(
    handing: Submissions, word: str, title: str, scans: ScanOperations, agents: Agents, catalogue: Catalogue,
    names: Callable[[Collection[str]], dict[str, str]],
) -> Blueprint:  # fmt: skip
    """`word` names the kind in addresses and endpoints, `title` on its pages."""
    pages = Blueprint(word, __name__)
    elsewhere = frozenset(() if handing.evidence else ALWAYS_SPECIAL)

    @pages.get(f"/{word}")
    def list_cases() -> ResponseReturnValue:
        person = current_person()
        asked = which() if handing.may_submit(person) else "all"
        found, more = handing.lists[asked](person, whole_number("below"))
        return render_template(
            "submissions/list.html", found=found, more=more, which=asked, word=word, title=title,
            may_check=handing.may_check(person), may_submit=handing.may_submit(person), handed_at=handed_at,
            overdue={kept.case.id for kept in found if handing.overdue(kept.case)},
            names=names({kept.case.requester for kept in found}),
        )  # fmt: skip

    @pages.get(f"/{word}/new")
    def choose() -> ResponseReturnValue:
        handing.may(current_person())
        special = set(SPECIAL) if handing.evidence else None
        return render_template(
            "submissions/choose.html", catalogue=catalogue, special=special, elsewhere=elsewhere, word=word, title=title
        )  # fmt: skip

    @pages.get(f"/{word}/new/<category>/<subcategory>")
    def new_page(category: str, subcategory: str) -> ResponseReturnValue:
        handing.may(current_person())
        if (category, subcategory) in elsewhere:
            place, file = f"{SUPPLEMENTS}.new_page", request.args.get("file")
            return redirect(url_for(place, category=category, subcategory=subcategory, file=file))
        return _form(category, subcategory, {"agents": [{"file_no": request.args.get("file", "")[:40]}]}, None)

    def _form(
        category: str, subcategory: str, given: Mapping[str, Any], problem: Invalid | None
    ) -> ResponseReturnValue:  # fmt: skip
        page = render_template(
            "submissions/form.html", sub=_loose(catalogue.to_add(category, subcategory)), given=given, problem=problem,
            files=agents(current_person()), word=word, title=title, evidence=handing.evidence,
        )  # fmt: skip
        return page, problem.status if problem else 200

    @pages.post(f"/{word}/new/<category>/<subcategory>")
    def create(category: str, subcategory: str) -> ResponseReturnValue:
        person, given = current_person(), form_values()
        handing.may(person)
        rows = given.pop("agents", [])
        remark, later = str(given.pop("remark", "")), given.pop("draft", "") == "yes"
        lines = spread(category, subcategory, given, rows)
        sent = _sent(len(rows))
        try:
            made = handing.create(person, lines, remark=remark, draft=later or bool(sent))
        except Invalid as refused:
            return _form(category, subcategory, {**given, "agents": rows, "remark": remark}, refused)
        numbers = [line.row for line in lines]
        try:
            for row, content, name in sent:
                for at, record in enumerate(made.records):
                    if row in (0, numbers[at]):
                        content.seek(0)
                        scans.upload(person, record.id, content, name)
            if made.case.state is State.DRAFT and not later:
                made = handing.take(person, made.id, Event.SUBMIT, made.version, {})
        except DanganError as refused:
            flash(refused.message, "wrong")
            return redirect(url_for(f"{word}.detail", case_id=made.id))
        flash(_("已提交，等待档案室审核") if made.case.state is State.SUBMITTED else _("已存为草稿，补齐后请提交"))
        return redirect(url_for(f"{word}.detail", case_id=made.id))

    @pages.get(f"/{word}/<case_id>")
    def detail(case_id: str) -> ResponseReturnValue:
        return _detail(handing.get(current_person(), case_id), None)

    def _detail(
        one: Submission, problem: Invalid | Conflict | None, given: Mapping[str, Any] | None = None
    ) -> ResponseReturnValue:  # fmt: skip
        """With what was typed, where that was refused."""
        typed = {row["id"]: row for row in given["records"]} if given and problem else {}
        page = render_template(
            "submissions/detail.html", one=one, handed=handed_at(one.case), acts=ACTS, word=word, title=title,
            rows=[{**_row(record, one), "judged": _judged(record, one, typed)} for record in one.records],
            given=given or {}, problem=problem,
        )  # fmt: skip
        return page, problem.status if problem else 200

    def _row(record: Record, one: Submission) -> dict[str, Any]:
        sub = catalogue.subcategory(record.category, record.subcategory)
        said = [(field, field.shown(record.fields[field.name])) for field in sub.fields if field.name in record.fields]
        return {
            "record": record, "sub": sub, "file": one.files[record.file_no], "scans": one.scans.get(record.id, 0),
            "title": derived.title(sub, record.fields), "said": said,
        }  # fmt: skip

    @pages.post(f"/{word}/<case_id>/<any({EVENTS}, 'check-and-file'):event>")
    def move(case_id: str, event: str) -> ResponseReturnValue:
        person, given = current_person(), form_values()
        version = version_of(given)
        given["records"] = [
            {"id": row.get("id"), "verdict": row.get("verdict"), "reason": row.get("reason")}
            for row in given.get("records", [])
        ]
        try:
            if event == "check-and-file":
                handing.check_and_file(person, case_id, version, given)
            else:
                handing.take(person, case_id, Event(event), version, given)
        except (Invalid, Conflict) as refused:
            return _detail(handing.get(person, case_id), refused, given)
        flash(_(_DONE[Event.FILE if event == "check-and-file" else Event(event)]))
        ended = event in ("file", "check-and-file", "send-back", "withdraw")
        return redirect(url_for("work.page") if ended else url_for(f"{word}.detail", case_id=case_id))

    return pages


def _judged(record: Record, one: Submission, typed: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    """The verdict and reason that stand in a row: those typed, those that still hold, or none to choose from."""
    if record.id in typed:
        return typed[record.id]["verdict"] or "", typed[record.id]["reason"] or ""
    said = record.verification if record.id in one.judged else None
    return (said.verdict, said.reason) if said else ("", "")


def _loose(sub: SubCategory) -> SubCategory:
    """Nothing is required of one place in the form: it may stand in what is common or with each agent."""
    return replace(sub, fields=tuple(replace(field, required=False) for field in sub.fields))


def _sent(rows: int) -> list[tuple[int, Any, str]]:
    """The scans that came with the form: the row that each is for, 0 for all."""
    found = [(0, one) for one in request.files.getlist("scans")]
    for row in range(1, rows + 1):
        found += [(row, one) for one in request.files.getlist(f"agents.{row}.scans")]
    return [(row, one.stream, one.filename or "") for row, one in found if one.filename]
