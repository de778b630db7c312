"""The home page, and a file's page with its records."""

from collections.abc import Callable, Collection
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service.access.gate import Gate
from service.access.policy import Action
from service.catalogue.model import Catalogue
from service.circulation.lending.operations import LendingOperations
from service.circulation.viewing.operations import ViewingOperations
from service.desk import acts, contents
from service.files.operations import FileOperations
from service.files.rules import File
from service.fulltext.port import Kind
from service.person import Person, Role
from service.places.operations import PlaceOperations
from service.records.operations import RecordOperations
from service.scans.operations import ScanOperations
from service.search.operations import SearchOperations
from service.web.identity import current_person, current_token
from service.web.language import language, spoken

_KEEPER = ("submitted",)
WAITING: dict[Role, tuple[str, ...]] = {
    Role.HR: _KEEPER, Role.ARCHIVIST: _KEEPER, Role.ARCHIVES_HEAD: _KEEPER, Role.CLERK: ("returned", "submitted"),
}  # fmt: skip
"""The states of records that wait for someone of a role, or that they wait for."""


def waiting_records(search: SearchOperations, person: Person) -> int:
    """How many records wait for this person, or came back to them."""
    states = WAITING.get(person.role, ())[:1]
    return sum(search.count(person, Kind.RECORDS, {"state": state}) or 0 for state in states)


def blueprint(
    files: FileOperations,
    records: RecordOperations,
    catalogue: Catalogue,
    gate: Gate,
    search: SearchOperations,
    remind_key: Callable[[Person], bool],
    scans: ScanOperations,
    names: Callable[[Collection[str]], dict[str, str]],
    zone: ZoneInfo,
    most: Callable[[], int],
    places: PlaceOperations,
    viewing: ViewingOperations,
    lending: LendingOperations,
    begin: Callable[[Person, str, str], Person],
) -> Blueprint:
    pages = Blueprint("desk", __name__)

    @pages.get("/")
    def home() -> ResponseReturnValue:
        person = current_person()
        may_list = gate.decide(person, Action.READ_FILE).allowed
        newest, older = files.list(person, size=8) if may_list else ([], None)
        waiting = [
            (state, count)
            for state in WAITING.get(person.role, ())
            if (count := search.count(person, Kind.RECORDS, {"state": state}))
        ]
        opened = files.recent(person) if may_list else []
        unread = scans.unread(person) if gate.decide(person, Action.ADD_SCAN).allowed else 0
        return render_template(
            "desk/home.html", remind_key=remind_key(person), newest=newest, older=older, opened=opened, waiting=waiting,
            may_list=may_list, may_open=files.may_open(person), unread=unread,
        )  # fmt: skip

    @pages.get("/files/<file_no>")
    def file_page(file_no: str) -> ResponseReturnValue:
        person = current_person()
        file = files.get(person, file_no)
        found = records.of_file(person, file_no)
        files.note_opened(person, file_no)
        sections = contents.sections(catalogue, found, scans.held(person, file, found), language())
        rights = {
            "edit": gate.decide(person, Action.EDIT_FILE, file.subject()).allowed,
            "add": gate.decide(person, Action.ADD_RECORD, file.subject()).allowed,
            "places": gate.decide(person, Action.READ_PLACES).allowed,
            "ask": viewing.may_ask(person) and person.role is not Role.HR,
            "borrow": lending.may_ask(person),
            "print": gate.decide(person, Action.READ_ORIGINAL, file.subject()).allowed,
            "label": gate.decide(person, Action.KEEP_PLACES).allowed,
            "register": gate.decide(person, Action.READ_LOANS).allowed,
        }
        kinds = {line.record.id: spoken(line.sub) for section in sections for line in section.lines}
        history = acts.days(files.history(person, file_no, most=60), kinds, zone) if rights["edit"] else []
        return render_template(
            "desk/file.html", file=file, sections=sections, catalogue=catalogue, rights=rights, total=len(found),
            # Only who sees every record can tell what is missing.
            whole=contents.checklist(catalogue, sections) if rights["edit"] else None,
            history=history, names=names({told.account for _, of_day in history for told in of_day}),
            masked=any(record.masked for record in found),
            own_only=rights["add"] and not gate.decide(person, Action.READ_RECORD, file.subject()).allowed,
            targets=[line for section in sections for line in section.lines if _may_upload(person, file, line)],
            most=most(), places=places.where(person, file_no) if rights["places"] else None,
            passes=[one for one in person.passes if one.covers(file_no)],
            out=lending.out(person, file_no) if rights["places"] else (),
        )  # fmt: skip

    @pages.get("/view-requests/<case_id>/begin")
    def begin_viewing(case_id: str) -> ResponseReturnValue:
        """The first page that a granted request opens, after the pledge; its own page while it opens none."""
        asked = viewing.get(current_person(), case_id)
        person = begin(current_person(), current_token(), case_id)
        if case_id not in {held.id for held in person.passes}:
            return redirect(url_for("viewing.detail", case_id=case_id))
        if not person.pledged:
            return redirect(url_for("pledging.read", next=request.path))
        held = next(one for one in person.passes if one.id == case_id)
        if held.pages:
            scan_id, _, number = held.pages[0].partition("/")
            return redirect(url_for("scans.viewer", scan_id=scan_id, page=number))
        for file_no in asked.case.files:
            if scan := scans.first(person, file_no):
                return redirect(url_for("scans.viewer", scan_id=scan))
        return redirect(url_for("desk.file_page", file_no=asked.case.files[0]))

    def _may_upload(person: Person, file: File, line: contents.Line) -> bool:
        subject = line.record.subject(file.department, line.sub.hidden_from_agent)
        return gate.decide(person, Action.ADD_SCAN, subject).allowed

    return pages
