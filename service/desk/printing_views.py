"""A person's file on paper: cover, contents list (卷内目录) and records, in binding order (S4). Scans print apart."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from service.catalogue.model import Catalogue
from service.clock import Clock
from service.desk import contents
from service.files.operations import FileOperations
from service.records.operations import RecordOperations
from service.scans.operations import ScanOperations
from service.web.identity import current_person
from service.web.language import language


def blueprint(
    files: FileOperations, records: RecordOperations, scans: ScanOperations, catalogue: Catalogue, clock: Clock
) -> Blueprint:  # fmt: skip
    pages = Blueprint("printing", __name__)

    @pages.get("/files/<file_no>/print")
    def file(file_no: str) -> ResponseReturnValue:
        person = current_person()
        printed = files.get(person, file_no)
        found = records.printed(person, file_no)
        sections = contents.sections(catalogue, found, scans.held(person, printed, found), language())
        lines = [line for section in sections for line in section.lines]
        return render_template("desk/print.html", file=printed, sections=sections, lines=lines, now=clock.now())

    return pages
