"""`/api/v1/places`, `labels` and `stocktakes`: one thin route for each operation."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify
from flask.typing import ResponseReturnValue

from service.errors import FieldError, Invalid
from service.places.labelling import Labelling
from service.places.operations import Inside, PlaceOperations
from service.places.rules import Difference, Item, Kind, Place, Placed
from service.places.stocktaking import Stocktake, Stocktaking
from service.web.conflicts import with_current
from service.web.described import (
    DAY,
    TEXT,
    TIME,
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

PLACE = shape(
    code=TEXT, kind=one_of(Kind), name=TEXT, parent=maybe(TEXT), capacity=maybe(WHOLE), holds=WHOLE,
    category=maybe(TEXT), year=maybe(TEXT), checked_at=maybe(TIME), closed_at=maybe(TIME), version=VERSION,
)  # fmt: skip
_PLACED = shape(id=TEXT, item=one_of(Item), file_no=TEXT, box=TEXT)
_STANDING = shape(**_PLACED["properties"], name=TEXT)
_INSIDE = shape(**PLACE["properties"], path=many(TEXT), places=many(PLACE), originals=many(_STANDING))
_STOCKTAKE = shape(
    id=TEXT, place=TEXT, found=many(TEXT), closed=YES, missing=many(TEXT), misplaced=many(TEXT), surplus=many(TEXT),
    lent=many(shape(id=TEXT, due=DAY)),
)  # fmt: skip
_ABOUT = {"name": TEXT, "capacity": WHOLE, "category": TEXT, "year": TEXT}


def shown(place: Place) -> dict[str, Any]:
    """A place as the API answers it."""
    return {
        "code": place.code, "kind": place.kind, "name": place.name, "parent": place.parent or None,
        "capacity": place.capacity, "holds": place.holds, "category": place.category or None,
        "year": place.year or None, "checked_at": place.checked_at.isoformat() if place.checked_at else None,
        "closed_at": place.closed_at.isoformat() if place.closed_at else None, "version": place.version,
    }  # fmt: skip


def _placed(placed: Placed) -> dict[str, Any]:
    return {"id": placed.id, "item": placed.item, "file_no": placed.file_no, "box": placed.box}


def _inside(inside: Inside) -> dict[str, Any]:
    return {
        **shown(inside.place), "path": [one.code for one in inside.path],
        "places": [shown(one) for one in inside.places],
        "originals": [{**_placed(one), "name": file.name} for one, file in inside.originals],
    }  # fmt: skip


def _stocktake(stocktake: Stocktake, difference: Difference) -> dict[str, Any]:
    return {
        "id": stocktake.id, "place": stocktake.place, "found": list(stocktake.found),
        "closed": stocktake.closed is not None, "missing": list(difference.missing),
        "misplaced": list(difference.misplaced), "surplus": list(difference.surplus),
        "lent": [{"id": one.id, "due": one.due.isoformat()} for one in difference.lent],
    }  # fmt: skip


def _texts(given: dict[str, Any]) -> dict[str, str]:
    return {name: str(value if value is not None else "") for name, value in given.items()}


def api(places: PlaceOperations, stocktaking: Stocktaking, labelling: Labelling) -> APIBlueprint:
    routes = APIBlueprint("places_api", __name__, tag="places")

    @routes.get("/places")
    @routes.doc(summary="The rooms", security="bearer")
    @gives(listing(PLACE))
    def rooms() -> ResponseReturnValue:
        found = places.rooms(current_person())
        return jsonify(items=[shown(one) for one in found], total=len(found), next=None)

    @routes.post("/places")
    @routes.doc(summary="A new room, cabinet, shelf or box", security="bearer")
    @takes(given("kind", "name", kind=one_of(Kind), parent=TEXT, **_ABOUT))
    @gives(PLACE, status=201)
    def add() -> ResponseReturnValue:
        given = _texts(json_object())
        kind, parent = given.pop("kind", ""), given.pop("parent", "")
        return jsonify(shown(places.add(current_person(), kind, parent, given))), 201

    @routes.get("/places/<code>")
    @routes.doc(summary="A place and what stands in it", security="bearer")
    @gives(_INSIDE)
    def inside(code: str) -> ResponseReturnValue:
        return jsonify(_inside(places.inside(current_person(), code)))

    @routes.patch("/places/<code>")
    @routes.doc(summary="Change or move a place; names the version it changes", security="bearer")
    @takes(given("version", version=VERSION, parent=TEXT, **_ABOUT))
    @gives(PLACE)
    def edit(code: str) -> ResponseReturnValue:
        given = json_object()
        version = version_of(given)
        with with_current(shown):
            return jsonify(shown(places.edit(current_person(), code, version, _texts(given))))

    @routes.post("/places/<code>/originals")
    @routes.doc(summary="Lay the original of a file or record into a box", security="bearer")
    @takes(given("code", code=TEXT))
    @gives(_PLACED, status=201)
    def put(code: str) -> ResponseReturnValue:
        given = json_object()
        return jsonify(_placed(places.put(current_person(), str(given.get("code", "")), code))), 201

    @routes.post("/places/<code>/originals/<item>/take-out")
    @routes.doc(summary="Take the original of a file or record out of a box", security="bearer")
    @gives(None, status=204)
    def take_out(code: str, item: str) -> ResponseReturnValue:
        places.take_out(current_person(), item, code)
        return "", 204

    @routes.post("/places/<code>/close")
    @routes.doc(summary="Take an empty place out of use", security="bearer")
    @gives(PLACE)
    def close_place(code: str) -> ResponseReturnValue:
        with with_current(shown):
            return jsonify(shown(places.close(current_person(), code)))

    @routes.get("/files/<file_no>/place")
    @routes.doc(summary="Where a file's bag lies, the room first", security="bearer")
    @gives(listing(PLACE))
    def where(file_no: str) -> ResponseReturnValue:
        found = places.where(current_person(), file_no)
        return jsonify(items=[shown(one) for one in found], total=len(found), next=None)

    @routes.get("/records/<record_id>/place")
    @routes.doc(
        summary="Where a record's own original lies; nothing where it lies in its file's bag", security="bearer"
    )
    @gives(listing(PLACE))
    def where_record(record_id: str) -> ResponseReturnValue:
        found = places.where(current_person(), record_id)
        return jsonify(items=[shown(one) for one in found], total=len(found), next=None)

    @routes.post("/labels")
    @routes.doc(summary="Labels as PDF: of codes, or of all that is inside a place", security="bearer")
    @takes(given(codes=many(TEXT), inside=TEXT, sheet=TEXT, first=WHOLE))
    @gives("application/pdf")
    def labels() -> ResponseReturnValue:
        person, given = current_person(), json_object()
        codes, first, sheet = given.get("codes", []), given.get("first", 1), str(given.get("sheet", "3x8"))
        if not isinstance(codes, list):
            raise Invalid(fields=[FieldError("codes", "标签：codes 应为编号的列表")])
        if not isinstance(first, int) or isinstance(first, bool):
            raise Invalid(fields=[FieldError("first", "从第几枚开始：应为整数")])
        if inside := str(given.get("inside", "")):
            made = labelling.print_inside(person, inside, sheet, first)
        else:
            made = labelling.print(person, [str(one) for one in codes], sheet, first)
        return Response(made, mimetype="application/pdf")

    @routes.post("/places/<code>/stocktakes")
    @routes.doc(summary="Begin a stocktake, or go on with the open one", security="bearer")
    @gives(_STOCKTAKE, status=201)
    def begin(code: str) -> ResponseReturnValue:
        person = current_person()
        stocktake, _, difference = stocktaking.get(person, stocktaking.begin(person, code).id)
        return jsonify(_stocktake(stocktake, difference)), 201

    @routes.get("/stocktakes/<stocktake_id>")
    @routes.doc(summary="What was scanned, and what differs", security="bearer")
    @gives(_STOCKTAKE)
    def stocktake(stocktake_id: str) -> ResponseReturnValue:
        found, _, difference = stocktaking.get(current_person(), stocktake_id)
        return jsonify(_stocktake(found, difference))

    @routes.post("/stocktakes/<stocktake_id>/scan")
    @routes.doc(summary="What carries this label stands here", security="bearer")
    @takes(given("code", code=TEXT))
    @gives(_STOCKTAKE)
    def scan(stocktake_id: str) -> ResponseReturnValue:
        person = current_person()
        stocktaking.scan(person, stocktake_id, str(json_object().get("code", "")))
        found, _, difference = stocktaking.get(person, stocktake_id)
        return jsonify(_stocktake(found, difference))

    @routes.post("/stocktakes/<stocktake_id>/close")
    @routes.doc(summary="End a stocktake", security="bearer")
    @gives(_STOCKTAKE)
    def close(stocktake_id: str) -> ResponseReturnValue:
        person = current_person()
        stocktaking.close(person, stocktake_id)
        found, _, difference = stocktaking.get(person, stocktake_id)
        return jsonify(_stocktake(found, difference))

    return routes
