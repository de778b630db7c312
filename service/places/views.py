"""Pages of places: rooms down to boxes, labels, and the stocktake that one does with a phone."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from service.access.gate import Gate
from service.access.policy import Action
from service.catalogue.model import Catalogue
from service.errors import Conflict, DanganError, FieldError, Invalid, NotFound
from service.places.labelling import Labelling
from service.places.labels import SHEETS
from service.places.operations import PlaceOperations
from service.places.rules import KINDS, Kind, may_hold
from service.places.stocktaking import Stocktaking
from service.web.identity import current_person
from service.web.inputs import version_of


def blueprint(
    places: PlaceOperations, stocktaking: Stocktaking, labelling: Labelling, catalogue: Catalogue, gate: Gate
) -> Blueprint:
    pages = Blueprint("places", __name__)

    def _categories() -> dict[str, str]:
        return {one.code: one.label(str(get_locale() or "zh")[:2]) for one in catalogue.categories}

    def _may_keep() -> bool:
        return gate.decide(current_person(), Action.KEEP_PLACES).allowed

    @pages.get("/places")
    def rooms() -> ResponseReturnValue:
        return _rooms({}, None)

    def _rooms(given: dict[str, str], problem: DanganError | None) -> ResponseReturnValue:
        page = render_template(
            "places/rooms.html", rooms=places.rooms(current_person()), may_keep=_may_keep(), given=given,
            problem=problem, category_names=_categories(),
        )  # fmt: skip
        return page, problem.status if problem else 200

    @pages.post("/places")
    def add() -> ResponseReturnValue:
        given = _given()
        parent = given.pop("parent", "")
        try:
            made = places.add(current_person(), given.pop("kind", ""), parent, given)
        except (Invalid, Conflict) as refused:
            return _inside(parent, given, refused) if parent else _rooms(given, refused)
        flash(_("已建立，编号 %(code)s", code=made.code))
        return redirect(url_for("places.inside", code=parent) if parent else url_for("places.rooms"))

    @pages.get("/places/<code>")
    def inside(code: str) -> ResponseReturnValue:
        return _inside(code, {}, None)

    def _inside(code: str, given: dict[str, str], problem: DanganError | None) -> ResponseReturnValue:
        found = places.inside(current_person(), code)
        may_keep = _may_keep() and found.place.closed_at is None
        page = render_template(
            "places/inside.html", found=found, kinds=KINDS, may_keep=may_keep, given=given, problem=problem,
            inner=[(kind, _(KINDS[kind])) for kind in may_hold(found.place.kind)], is_box=found.place.kind is Kind.BOX,
            category_names=_categories(), may_borrow=gate.decide(current_person(), Action.ASK_LOAN).allowed,
        )  # fmt: skip
        return page, problem.status if problem else 200

    @pages.post("/places/<code>/edit")
    def edit(code: str) -> ResponseReturnValue:
        given = _given()
        version = version_of(given)
        try:
            changed = places.edit(current_person(), code, version, given)
        except (Invalid, Conflict) as refused:
            return _inside(code, given, refused)
        flash(_("已保存：%(name)s", name=changed.name))
        return redirect(url_for("places.inside", code=code))

    @pages.post("/places/<code>/put")
    def put(code: str) -> ResponseReturnValue:
        given = _given()
        try:
            places.put(current_person(), given.get("item", "").strip(), code)
        except (Invalid, Conflict) as refused:
            return _inside(code, given, refused)
        flash(_("已放入这个档案盒"))
        return redirect(url_for("places.inside", code=code))

    @pages.post("/places/<code>/originals/<item>/take-out")
    def take_out(code: str, item: str) -> ResponseReturnValue:
        try:
            places.take_out(current_person(), item, code)
        except Conflict as refused:
            return _inside(code, {}, refused)
        flash(_("已取出，这份原件现在没有位置"))
        return redirect(url_for("places.inside", code=code))

    @pages.post("/places/<code>/close")
    def close_place(code: str) -> ResponseReturnValue:
        try:
            places.close(current_person(), code)
        except Conflict as refused:
            return _inside(code, {}, refused)
        flash(_("已停用"))
        return redirect(url_for("places.inside", code=code))

    @pages.get("/labels")
    def labels_page() -> ResponseReturnValue:
        gate.require(current_person(), Action.KEEP_PLACES)
        return _labels({name: request.args.get(name, "")[:2000] for name in ("codes", "inside")}, None)

    def _labels(given: dict[str, str], problem: DanganError | None) -> ResponseReturnValue:
        """`inside` is the place whose contents are labelled, all of them; else codes are typed."""
        inside = places.inside(current_person(), given["inside"]) if given.get("inside") else None
        page = render_template("places/labels.html", given=given, problem=problem, sheets=SHEETS, inside=inside)
        return page, problem.status if problem else 200

    @pages.post("/labels")
    def labels() -> ResponseReturnValue:
        person, given = current_person(), _given()
        first, sheet = given.get("first", "1"), given.get("sheet", "")
        try:
            number = int(first) if first.isdecimal() else 0
            if given.get("inside"):
                made = labelling.print_inside(person, given["inside"], sheet, number)
            else:
                codes = given.get("codes", "").replace(",", " ").replace("，", " ").split()
                made = labelling.print(person, codes, sheet, number)
        except Invalid as refused:
            return _labels(given, refused)
        return Response(
            made, mimetype="application/pdf", headers={"Content-Disposition": "inline; filename=labels.pdf"}
        )

    @pages.post("/places/<code>/stocktake")
    def begin(code: str) -> ResponseReturnValue:
        begun = stocktaking.begin(current_person(), code)
        return redirect(url_for("places.stocktake", stocktake_id=begun.id))

    @pages.post("/stocktakes")
    def begin_here() -> ResponseReturnValue:
        """The place whose label was scanned."""
        given = _given()
        try:
            begun = stocktaking.begin(current_person(), given.get("here", "").strip())
        except NotFound:
            problem = Invalid(fields=[FieldError("here", "没有这个位置：请扫描库房、柜、层或档案盒的标签")])
            return _rooms(given, problem)
        return redirect(url_for("places.stocktake", stocktake_id=begun.id))

    @pages.get("/stocktakes/<stocktake_id>")
    def stocktake(stocktake_id: str) -> ResponseReturnValue:
        return _stocktake(stocktake_id, None)

    def _stocktake(stocktake_id: str, problem: DanganError | None) -> ResponseReturnValue:
        found, place, difference = stocktaking.get(current_person(), stocktake_id)
        page = render_template(
            "places/stocktake.html", stocktake=found, place=place, difference=difference, kinds=KINDS,
            may_keep=_may_keep(), problem=problem,
        )  # fmt: skip
        return page, problem.status if problem else 200

    @pages.post("/stocktakes/<stocktake_id>/scan")
    def scan(stocktake_id: str) -> ResponseReturnValue:
        try:
            stocktaking.scan(current_person(), stocktake_id, _given().get("code", ""))
        except (Invalid, Conflict) as refused:
            return _stocktake(stocktake_id, refused)
        return redirect(url_for("places.stocktake", stocktake_id=stocktake_id))

    @pages.post("/stocktakes/<stocktake_id>/close")
    def close(stocktake_id: str) -> ResponseReturnValue:
        stocktaking.close(current_person(), stocktake_id)
        flash(_("盘点已结束，结果已登记"))
        return redirect(url_for("places.stocktake", stocktake_id=stocktake_id))

    @pages.get("/q/<code>")
    def scanned(code: str) -> ResponseReturnValue:
        kind, known = places.found_by(current_person(), code)
        match kind:
            case "place":
                return redirect(url_for("places.inside", code=known))
            case "file":
                return redirect(url_for("desk.file_page", file_no=known))
            case _:
                return redirect(url_for("records.detail", record_id=known))

    return pages


def _given() -> dict[str, str]:
    given = request.form.to_dict()
    given.pop("csrf_token", None)
    return given
