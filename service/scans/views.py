"""The viewer: a scan page by page, with the found words marked; and what keepers do there."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.catalogue import derived
from service.catalogue.model import Catalogue
from service.clock import Clock
from service.errors import Conflict, FieldError, Invalid, NotFound
from service.files.operations import FileOperations
from service.fulltext.text import marks, parse
from service.records.operations import RecordOperations
from service.scans import overlay
from service.scans.arranging import Arranging
from service.scans.operations import ScanOperations
from service.scans.rules import Scan, State
from service.web.identity import current_person
from service.web.inputs import version_of, whole_number
from service.web.language import language, spoken

_DONE = {
    "left": "页面已向左转，正在重新识别", "right": "页面已向右转，正在重新识别", "earlier": "页面已前移",
    "later": "页面已后移", "withdraw": "页面已撤下，原件不变", "restore": "页面已恢复",
}  # fmt: skip


def blueprint(
    scans: ScanOperations, arranging: Arranging, records: RecordOperations, catalogue: Catalogue, clock: Clock,
    files: FileOperations,
) -> Blueprint:  # fmt: skip
    pages = Blueprint("scans", __name__)

    @pages.get("/scans/<scan_id>")
    def viewer(scan_id: str) -> ResponseReturnValue:
        return _viewer(scan_id, None)

    def _viewer(
        scan_id: str, problem: Invalid | Conflict | None, typed: str | None = None
    ) -> ResponseReturnValue:  # fmt: skip
        """The viewer, after a refusal with the text that was typed."""
        person = current_person()
        look = scans.look(person, scan_id)
        scan = look.scan
        order = list(look.pages)
        shown = [number for number in order if number in scan.shown()]
        number = whole_number("page", (shown or order or [1])[0]) or 1
        words = request.args.get("q", "")[:200]
        page = None
        if scan.state is State.SEARCHABLE and order:
            if number not in order:
                raise NotFound
            page = scans.text(person, scan_id, number)
        spans = marks(page.text, parse(words)) if page and words else []
        record = records.beside(person, scan.record_id, scan.id)
        sub = catalogue.subcategory(record.category, record.subcategory)
        answer = render_template(
            "scans/viewer.html", scan=scan, original=look.original, grant=look.grant, number=number, page=page,
            order=order, at=order.index(number) if number in order else 0, sheets=look.sheets,
            lines=overlay.lines(page) if page else [], hits=overlay.hits(page, spans) if page else [],
            parts=overlay.parts(page.text, spans) if page else [],
            words=words, record=record, sub=sub, arrange=look.arrange, problem=problem, typed=typed,
            leaf=next((leaf for leaf in scan.leaves if leaf.page == number), None),
        )  # fmt: skip
        return answer, problem.status if problem else 200

    @pages.get("/scans/<scan_id>/print")
    def printed(scan_id: str) -> ResponseReturnValue:
        person = current_person()
        scan, order = scans.printed(person, scan_id)
        record = records.beside(person, scan.record_id, scan.id)
        sub = catalogue.subcategory(record.category, record.subcategory)
        return render_template("scans/print.html", scan=scan, order=order, record=record, sub=sub, now=clock.now())

    def _others(scan: Scan, file_no: str) -> list[tuple[str, str]]:
        """The other records of a file, to move the scan to."""
        found = records.of_file(current_person(), file_no)
        made = []
        for one in found:
            sub = catalogue.subcategory(one.category, one.subcategory)
            if one.id != scan.record_id:
                made.append((one.id, f"{spoken(sub)} {one.date} {derived.title(sub, one.fields, language())}"))
        return made

    def _changed(scan_id: str, work: Callable[[dict[str, str], int], str]) -> ResponseReturnValue:
        given = request.form.to_dict()
        try:
            flash(work(given, version_of(given)))
        except (Invalid, Conflict) as refused:
            return _viewer(scan_id, refused, given.get("text"))
        if given.get("then") == "pages":
            return redirect(url_for("scans.pages_page", scan_id=scan_id))
        return redirect(url_for("scans.viewer", scan_id=scan_id, page=request.args.get("page")))

    @pages.get("/scans/<scan_id>/pages")
    def pages_page(scan_id: str) -> ResponseReturnValue:
        person = current_person()
        scan, sheets = arranging.begin(person, scan_id)
        record = records.get(person, scan.record_id)
        sub = catalogue.subcategory(record.category, record.subcategory)
        typed, to, problem = request.args.get("to", "").strip(), None, None
        if typed:
            try:
                to = files.get(person, files.number(typed))
            except NotFound:
                problem = Invalid(fields=[FieldError("to", "没有这个编号的档案：请核对编号")])
        return render_template(
            "scans/pages.html", scan=scan, sheets=sheets, sub=sub, others=_others(scan, scan.file_no),
            typed=typed, to=to, theirs=_others(scan, to.file_no) if to else [], problem=problem,
        )  # fmt: skip

    @pages.post("/scans/<scan_id>/arrange")
    def arrange(scan_id: str) -> ResponseReturnValue:
        def work(given: dict[str, str], version: int) -> str:
            number, change = given.get("page", ""), given.get("change", "")
            if not number.isdecimal():
                raise Invalid(fields=[FieldError("page", "没有这一页")])
            arranging.step(current_person(), scan_id, version, int(number), change)
            return str(_(_DONE[change]))

        return _changed(scan_id, work)

    @pages.post("/scans/<scan_id>/pages/<int:number>/text")
    def correct(scan_id: str, number: int) -> ResponseReturnValue:
        def work(given: dict[str, str], version: int) -> str:
            arranging.correct(current_person(), scan_id, number, version, given.get("text", ""))
            return str(_("文字已更正，识别结果仍保留"))

        return _changed(scan_id, work)

    @pages.post("/scans/<scan_id>/move")
    def move(scan_id: str) -> ResponseReturnValue:
        def work(given: dict[str, str], version: int) -> str:
            arranging.move(current_person(), scan_id, version, given.get("record_id", ""))
            return str(_("扫描件已移到所选材料"))

        return _changed(scan_id, work)

    @pages.get("/scans/failed")
    def failed() -> ResponseReturnValue:
        return render_template("scans/failed.html", failed=arranging.failed(current_person()))

    @pages.post("/scans/<scan_id>/retry")
    def retry(scan_id: str) -> ResponseReturnValue:
        arranging.retry(current_person(), scan_id)
        flash(_("已重新排队识别"))
        return redirect(url_for("scans.failed"))

    return pages
