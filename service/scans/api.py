"""`/api/v1/…/scans`: upload, state, original with Range and ETag, page text and images."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from service.scans.media import KINDS
from service.scans.operations import ScanOperations
from service.scans.rules import Scan, shown_word
from service.web.identity import current_person


def shown(scan: Scan) -> dict[str, Any]:
    return {
        "id": scan.id, "record_id": scan.record_id, "file_no": scan.file_no, "state": scan.state, "pages": scan.pages,
        "sha256": scan.blob.sha256, "size": scan.blob.size, "media_type": scan.media_type,
        "reason": scan.reason or None, "version": scan.version,
    }  # fmt: skip


def api(scans: ScanOperations) -> APIBlueprint:
    routes = APIBlueprint("scans_api", __name__, tag="scans")

    @routes.post("/records/<record_id>/scans")
    @routes.doc(summary="Upload a scan (multipart, field `file`)", security="bearer")
    def upload(record_id: str) -> ResponseReturnValue:
        sent = request.files.get("file")
        content, name = (sent.stream, sent.filename or "") if sent else (None, "")
        scan, new = scans.upload(current_person(), record_id, content, name)
        return jsonify(shown(scan)), 201 if new else 200

    @routes.get("/records/<record_id>/scans")
    @routes.doc(summary="A record's scans", security="bearer")
    def of_record(record_id: str) -> ResponseReturnValue:
        found = scans.of_record(current_person(), record_id)
        return jsonify(items=[shown(scan) for scan in found], total=len(found), next=None)

    @routes.get("/scans/<scan_id>")
    @routes.doc(summary="A scan and how far its reading is", security="bearer")
    def get(scan_id: str) -> ResponseReturnValue:
        return jsonify(shown(scans.state(current_person(), scan_id)))

    @routes.get("/scans/<scan_id>/content")
    @routes.doc(summary="The original", security="bearer")
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
    def text(scan_id: str, number: int) -> ResponseReturnValue:
        page = scans.text(current_person(), scan_id, number)
        return jsonify(text=page.text, words=[shown_word(word) for word in page.words])

    @routes.get("/scans/<scan_id>/pages/<int:number>/image")
    @routes.doc(summary="A page's image", security="bearer")
    def image(scan_id: str, number: int) -> ResponseReturnValue:
        return Response(scans.image(current_person(), scan_id, number), mimetype="image/jpeg")

    @routes.get("/scans/<scan_id>/pages/<int:number>/thumbnail")
    @routes.doc(summary="A page's thumbnail", security="bearer")
    def thumbnail(scan_id: str, number: int) -> ResponseReturnValue:
        return Response(scans.thumbnail(current_person(), scan_id, number), mimetype="image/jpeg")

    @routes.post("/scans/<scan_id>/retry")
    @routes.doc(summary="Read again what failed", security="bearer")
    def retry(scan_id: str) -> ResponseReturnValue:
        scans.retry(current_person(), scan_id)
        return "", 204

    return routes
