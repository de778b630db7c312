"""The home page, and a file's page with its records."""

from collections.abc import Callable
from itertools import groupby

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from service.access.gate import Gate
from service.access.policy import Action
from service.catalogue import derived
from service.catalogue.model import Catalogue
from service.desk.acts import ACTS
from service.files.operations import FileOperations
from service.fulltext.port import Kind
from service.person import Person, Role
from service.records.operations import RecordOperations
from service.search.operations import SearchOperations
from service.web.identity import current_person

_KEEPER = ("submitted",)
WAITING: dict[Role, tuple[str, ...]] = {
    Role.HR: _KEEPER, Role.ARCHIVIST: _KEEPER, Role.ARCHIVES_HEAD: _KEEPER, Role.CLERK: ("returned", "submitted"),
}  # fmt: skip
"""The states of records that wait for someone of a role, or that they wait for."""


def blueprint(
    files: FileOperations,
    records: RecordOperations,
    catalogue: Catalogue,
    gate: Gate,
    search: SearchOperations,
    remind_key: Callable[[Person], bool],
) -> Blueprint:
    pages = Blueprint("desk", __name__)

    @pages.get("/")
    def home() -> ResponseReturnValue:
        person = current_person()
        may_list = gate.decide(person, Action.READ_FILE).allowed
        newest = files.list(person, size=8)[0] if may_list else []
        waiting = [
            (state, count)
            for state in WAITING.get(person.role, ())
            if (count := search.count(person, Kind.RECORDS, {"state": state}))
        ]
        opened = files.recent(person) if may_list else []
        return render_template(
            "desk/home.html", remind_key=remind_key(person), newest=newest, opened=opened, waiting=waiting,
            may_list=may_list,
        )  # fmt: skip

    @pages.get("/files/<file_no>")
    def file_page(file_no: str) -> ResponseReturnValue:
        person = current_person()
        file = files.get(person, file_no)
        found = records.of_file(person, file_no)
        files.note_opened(person, file_no)
        grouped = {code: list(group) for code, group in groupby(found, key=lambda record: record.category)}
        titles = {
            record.id: derived.title(catalogue.subcategory(record.category, record.subcategory), record.fields)
            for record in found
        }
        have = {(record.category, record.subcategory) for record in found}
        gaps = [sub for sub in catalogue.subcategories() if sub.expected and (sub.category, sub.code) not in have]
        rights = {
            "edit": gate.decide(person, Action.EDIT_FILE, file.subject()).allowed,
            "add": gate.decide(person, Action.ADD_RECORD, file.subject()).allowed,
            "ask": gate.decide(person, Action.ASK_VIEWING).allowed and person.role is not Role.HR,
        }
        history = files.history(person, file_no) if rights["edit"] else ()
        return render_template(
            "desk/file.html", history=history, act_names=ACTS, file=file, grouped=grouped, titles=titles,
            gaps=gaps if rights["edit"] else [],
            catalogue=catalogue, rights=rights, total=len(found),
        )  # fmt: skip

    return pages
