"""`/api/v1/files`: one thin route for each operation."""

from typing import Any

from apiflask import APIBlueprint
from flask import jsonify
from flask.typing import ResponseReturnValue

from service.files.operations import FileOperations
from service.files.rules import Event, File, Status
from service.web.conflicts import with_current
from service.web.described import DAY, TEXT, VERSION, WHOLE, given, gives, listing, maybe, one_of, shape, takes
from service.web.identity import current_person
from service.web.inputs import json_object, version_of, whole_number

FILE = shape(
    file_no=TEXT, name=TEXT, department=TEXT, post=TEXT, hire_date=DAY, status=one_of(Status), left_on=maybe(DAY),
    records=WHOLE, version=VERSION,
)  # fmt: skip
HELD = {"name": TEXT, "department": TEXT, "post": TEXT, "hire_date": DAY}


def shown(file: File) -> dict[str, Any]:
    """A file as the API answers it."""
    return {
        "file_no": file.file_no, "name": file.name, "department": file.department, "post": file.post,
        "hire_date": file.hire_date, "status": file.status, "left_on": file.left_on or None,
        "records": file.records, "version": file.version,
    }  # fmt: skip


def api(files: FileOperations) -> APIBlueprint:
    routes = APIBlueprint("files_api", __name__, tag="files")

    @routes.get("/files")
    @routes.doc(summary="Files that one may know of, newest first", security="bearer")
    @takes(query={"next": WHOLE, "size": WHOLE})
    @gives(listing(FILE))
    def list_files() -> ResponseReturnValue:
        found, more = files.list(current_person(), whole_number("next"), whole_number("size", 50, most=100) or 50)
        return jsonify(items=[shown(file) for file in found], total=None, next=more)

    @routes.get("/files/<file_no>")
    @routes.doc(summary="One file", security="bearer")
    @gives(FILE)
    def get_file(file_no: str) -> ResponseReturnValue:
        return jsonify(shown(files.get(current_person(), file_no)))

    @routes.patch("/files/<file_no>")
    @routes.doc(summary="Change a file; names the version it changes", security="bearer")
    @takes(given("version", version=VERSION, **HELD))
    @gives(FILE)
    def edit_file(file_no: str) -> ResponseReturnValue:
        given = json_object()
        version = version_of(given)
        with with_current(shown):
            return jsonify(shown(files.edit(current_person(), file_no, version, given)))

    @routes.post("/files/<file_no>/<any('leave', 'come-back'):event>")
    @routes.doc(summary="Leaving, and coming back", security="bearer")
    @takes(given("version", version=VERSION, left_on=DAY))
    @gives(FILE)
    def move_file(file_no: str, event: str) -> ResponseReturnValue:
        given = json_object()
        version = version_of(given)
        with with_current(shown):
            left_on = str(given.get("left_on", ""))
            return jsonify(shown(files.move(current_person(), file_no, version, Event(event), left_on)))

    return routes
