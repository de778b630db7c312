"""The viewer: a scan page by page, with the found words marked."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from service.errors import NotFound
from service.fulltext.text import marks, parse
from service.records.operations import RecordOperations
from service.scans.operations import ScanOperations
from service.scans.rules import State, boxes
from service.web.identity import current_person
from service.web.inputs import whole_number


def blueprint(scans: ScanOperations, records: RecordOperations) -> Blueprint:
    pages = Blueprint("scans", __name__)

    @pages.get("/scans/<scan_id>")
    def viewer(scan_id: str) -> ResponseReturnValue:
        person = current_person()
        look = scans.look(person, scan_id)
        number = whole_number("page", 1) or 1
        words = request.args.get("q", "")[:200]
        page = None
        if look.scan.state is State.SEARCHABLE:
            if number > look.scan.pages:
                raise NotFound
            page = scans.text(person, scan_id, number)
        spans = marks(page.text, parse(words)) if page and words else []
        found = boxes(page.words, spans) if page else []
        record = records.get(person, look.scan.record_id)
        return render_template(
            "scans/viewer.html", scan=look.scan, original=look.original, number=number, page=page, found=found,
            words=words, record=record,
        )  # fmt: skip

    return pages
