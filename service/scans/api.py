"""`/api/v1/…/scans`: upload, state, original with Range and ETag, page text and images."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from service.scans.arranging import Arranging
from service.scans.media import KINDS
from service.scans.operations import ScanOperations
from service.scans.rules import Page, Scan, State, shown_word
from service.web.conflicts import with_current
from service.web.described import (
    FILE_SENT,
    NUMBER,
    TEXT,
    VERSION,
    WHOLE,
    YES,
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
from service.web.inputs import json_object, version_of

_ARRANGED = shape(page=WHOLE, turn=maybe(WHOLE), withdrawn=YES)
SCAN = shape(
    id=TEXT, record_id=TEXT, file_no=TEXT, state=one_of(State), pages=maybe(WHOLE), sha256=TEXT, size=WHOLE,
    media_type=one_of(KINDS), reason=maybe(TEXT), version=VERSION, arrangement=many(_ARRANGED),
)  # fmt: skip
BOX = {**many(NUMBER), "description": "[x, y, width, height] in fractions of the upright page"}
PAGE = shape(
    text=TEXT, words=many(shape(text=TEXT, box=BOX, confidence=NUMBER)), version=VERSION, read=maybe(TEXT)
)  # fmt: skip


def shown(scan: Scan) -> dict[str, Any]:
    return {
        "id": scan.id, "record_id": scan.record_id, "file_no": scan.file_no, "state": scan.state, "pages": scan.pages,
        "sha256": scan.blob.sha256, "size": scan.blob.size, "media_type": scan.media_type,
        "reason": scan.reason or None, "version": scan.version,
        "arrangement": [{"page": one.page, "turn": one.turn, "withdrawn": one.withdrawn} for one in scan.leaves],
    }  # fmt: skip


def _page(page: Page) -> dict[str, Any]:
    return {
        "text": page.text, "words": [shown_word(word) for word in page.words], "version": page.version,
        "read": page.read,
    }  # fmt: skip


def api(scans: ScanOperations, arranging: Arranging) -> APIBlueprint:
    routes = APIBlueprint("scans_api", __name__, tag="scans")

    @routes.post("/records/<record_id>/scans")
    @routes.doc(summary="Upload a scan (multipart, field `file`)", security="bearer")
    @takes(FILE_SENT, media="multipart/form-data")
    @gives(SCAN, 200, status=201)
    def upload(record_id: str) -> ResponseReturnValue:
        sent = request.files.get("file")
        content, name = (sent.stream, sent.filename or "") if sent else (None, "")
        scan, new = scans.upload(current_person(), record_id, content, name)
        return jsonify(shown(scan)), 201 if new else 200

    @routes.get("/records/<record_id>/scans")
    @routes.doc(summary="A record's scans", security="bearer")
    @gives(listing(SCAN))
    def of_record(record_id: str) -> ResponseReturnValue:
        found = scans.of_record(current_person(), record_id)
        return jsonify(items=[shown(scan) for scan in found], total=len(found), next=None)

    @routes.get("/scans/unread")
    @routes.doc(summary="How many scans still wait for their reading", security="bearer")
    @gives(shape(unread=WHOLE))
    def unread() -> ResponseReturnValue:
        return jsonify(unread=scans.unread(current_person()))

    @routes.get("/scans/<scan_id>")
    @routes.doc(summary="A scan and how far its reading is", security="bearer")
    @gives(SCAN)
    def get(scan_id: str) -> ResponseReturnValue:
        return jsonify(shown(scans.state(current_person(), scan_id)))

    @routes.get("/scans/<scan_id>/content")
    @routes.doc(summary="The original", security="bearer")
    @gives("*/*", 206)
    @gives(None, status=304)
    def content(scan_id: str) -> ResponseReturnValue:
        person = current_person()
        known = scans.state(person, scan_id)
        etag = known.blob.sha256[:32]
        if etag in request.if_none_match:
            return "", 304
        wanted = request.range.range_for_length(known.blob.size) if request.range else None
        if request.range and wanted is None:
            return Response(status=416, headers={"Content-Range": f"bytes */{known.blob.size}"})
        start, end = wanted or (0, known.blob.size)
        scan, pieces = scans.original(person, scan_id, start, end)
        answer = Response(pieces, 206 if wanted else 200, mimetype=scan.media_type)
        answer.headers["Content-Length"] = str(end - start)
        answer.headers["Accept-Ranges"] = "bytes"
        if wanted:
            answer.headers["Content-Range"] = f"bytes {start}-{end - 1}/{scan.blob.size}"
        answer.set_etag(etag)
        # The uploaded name may hold a person's; the file is named by its numbers.
        name = f"{scan.file_no}-{scan.id[-6:]}.{KINDS[scan.media_type]}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    @routes.get("/scans/<scan_id>/pages/<int:number>")
    @routes.doc(summary="A page's text and words", security="bearer")
    @gives(PAGE)
    def text(scan_id: str, number: int) -> ResponseReturnValue:
        page = scans.text(current_person(), scan_id, number)
        return jsonify(_page(page))

    @routes.patch("/scans/<scan_id>/pages/<int:number>")
    @routes.doc(summary="Correct a page's text; names the version it changes", security="bearer")
    @takes(given("version", "text", version=VERSION, text=TEXT))
    @gives(PAGE)
    def correct(scan_id: str, number: int) -> ResponseReturnValue:
        given = json_object()
        version = version_of(given)
        with with_current(lambda _lost: _page(scans.text(current_person(), scan_id, number))):
            text = str(given.get("text", ""))
            return jsonify(_page(arranging.correct(current_person(), scan_id, number, version, text)))

    @routes.patch("/scans/<scan_id>")
    @routes.doc(summary="Order, turn and withdraw pages; names the version it changes", security="bearer")
    @takes(given("version", "pages", version=VERSION, pages=many(_ARRANGED)))
    @gives(SCAN)
    def arrange(scan_id: str) -> ResponseReturnValue:
        given = json_object()
        version = version_of(given)
        with with_current(shown):
            return jsonify(shown(arranging.arrange(current_person(), scan_id, version, given.get("pages"))))

    @routes.post("/scans/<scan_id>/move")
    @routes.doc(summary="Move a scan to the record where it belongs", security="bearer")
    @takes(given("version", "record_id", version=VERSION, record_id=TEXT))
    @gives(SCAN)
    def move(scan_id: str) -> ResponseReturnValue:
        given = json_object()
        version = version_of(given)
        with with_current(shown):
            record_id = str(given.get("record_id", ""))
            return jsonify(shown(arranging.move(current_person(), scan_id, version, record_id)))

    @routes.get("/scans/<scan_id>/pages/<int:number>/image")
    @routes.doc(summary="A page's image", security="bearer")
    @gives("image/jpeg")
    def image(scan_id: str, number: int) -> ResponseReturnValue:
        return Response(scans.image(current_person(), scan_id, number), mimetype="image/jpeg")

    @routes.get("/scans/<scan_id>/pages/<int:number>/thumbnail")
    @routes.doc(summary="A page's thumbnail", security="bearer")
    @gives("image/jpeg")
    def thumbnail(scan_id: str, number: int) -> ResponseReturnValue:
        return Response(scans.thumbnail(current_person(), scan_id, number), mimetype="image/jpeg")

    @routes.post("/scans/<scan_id>/retry")
    @routes.doc(summary="Read again what failed", security="bearer")
    @gives(None, status=204)
    def retry(scan_id: str) -> ResponseReturnValue:
        arranging.retry(current_person(), scan_id)
        return "", 204

    return routes
