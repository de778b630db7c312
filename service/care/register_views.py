"""The registers of care as pages, on paper, and as sheets: trainings in confidentiality (K1), inspections (K4)."""

from collections.abc import Callable, Collection, Sequence

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.care.operations import CareOperations
from service.care.register import InspectionsRegister, Wanted
from service.care.register import days as days_of
from service.care.rules import MATTERS, Duty, State, Training
from service.care.views import ACTS
from service.casework.register import Register
from service.casework.repository import Kept
from service.clock import Clock
from service.web.identity import current_person
from service.web.registers import below, days, numbered, page, part, said, tabs
from service.web.sheets import sent, written

TRAININGS = ("序号", "日期", "参加人", "培训内容", "学时", "登记人")
INSPECTIONS = ("序号", "事项", "名称", "应办日期", "经过", "状态")
"""The columns that such registers usually have, in their order."""
TRAINED, INSPECTED = "保密培训登记簿", "设施巡检登记簿"
SCOPES = {"": "全部", "yes": "未完成"}
_STATES = {
    State.DUE: "待巡检", State.RENEW: "待更新", State.FAULTY: "待维修", State.DONE: "已完成", State.ENDED: "已结束",
}  # fmt: skip


def blueprint(
    care: CareOperations, trained: Register[Training], inspected: InspectionsRegister,
    names: Callable[[Collection[str]], dict[str, str]], clock: Clock,
) -> Blueprint:  # fmt: skip
    pages = Blueprint("care_registers", __name__)

    @pages.get("/registers/trainings")
    def trainings() -> ResponseReturnValue:
        person, fits = current_person(), trained_as()
        found = part(lambda: trained.read(person, fits, below("below")), lambda: trained.whole(person, fits))
        return page(
            "care/trainings.html", found, _trained(found[0]), here="care_registers.trainings",
            export="care_registers.export_trainings", asked={name: said(name) for name in ("account", "from", "to")},
            head=TRAININGS, title=TRAINED, mono=(2,), none="没有符合条件的培训", keepers=care.room(person).names,
        )  # fmt: skip

    @pages.post("/registers/trainings/export")
    def export_trainings() -> ResponseReturnValue:
        rows = numbered(_trained(trained.export(current_person(), trained_as())))
        return sent(written(str(_(TRAINED)), [str(_(one)) for one in TRAININGS], rows), "trainings")

    @pages.get("/registers/inspections")
    def inspections() -> ResponseReturnValue:
        person, asked = current_person(), wanted("below")
        found = part(lambda: inspected.read(person, asked), lambda: inspected.whole(person, asked))
        looked = {name: said(name) for name in ("account", "facility", "open", "from", "to")}
        return page(
            "care/inspections.html", found, _inspected(found[0]), here="care_registers.inspections",
            export="care_registers.export_inspections", asked=looked, head=INSPECTIONS, title=INSPECTED, mono=(4,),
            none="没有符合条件的巡检", facilities=[(one.id, one.name) for one in care.room(person).facilities],
            tabs=tabs("care_registers.inspections", "open", SCOPES, looked, looked["open"]),
        )  # fmt: skip

    @pages.post("/registers/inspections/export")
    def export_inspections() -> ResponseReturnValue:
        rows = numbered(_inspected(inspected.export(current_person(), wanted("below"))))
        return sent(written(str(_(INSPECTED)), [str(_(one)) for one in INSPECTIONS], rows), "inspections")

    def _trained(found: Sequence[Training]) -> list[list[str]]:
        known = _names({name for one in found for name in (one.account, one.by)})
        return [
            [one.day.isoformat(), known.get(one.account, one.account), one.subject, f"{one.hours:g}",
             known.get(one.by, one.by)]
            for one in found
        ]  # fmt: skip

    def _inspected(found: Sequence[Kept[Duty]]) -> list[list[str]]:
        known = _names(
            {kept.content.subject for kept in found if kept.content}
            | {move.by for kept in found for move in kept.case.history}
        )
        return [_row(kept, known) for kept in found]

    def _row(kept: Kept[Duty], known: dict[str, str]) -> list[str]:
        case, duty = kept.case, kept.content
        first, *on = days_of(kept, clock.zone)
        steps = [
            f"{day} {known.get(move.by, move.by)} {_(ACTS[move.event])}"
            + (f"{_('：')}{move.note}" if move.note else "")
            for day, move in zip(on, case.history[1:], strict=True)
        ]
        name = known.get(duty.subject, duty.name) if duty else "—"
        matter = str(_(MATTERS[duty.matter])) if duty else "—"
        return [matter, name, first.isoformat(), "\n".join(steps) or "—", str(_(_STATES[State(case.state)]))]

    def _names(accounts: set[str]) -> dict[str, str]:
        known: dict[str, str] = {}
        wanted = sorted(accounts)
        for start in range(0, len(wanted), 100):
            known |= names(wanted[start : start + 100])
        return known

    return pages


def trained_as() -> Callable[[Training], bool]:
    """Whether a training is of the account and the days that a query string or form names; all where it names none."""
    account, asked = said("account"), days()
    return lambda one: (not account or one.account == account) and asked.hold(one.day)


def wanted(place: str) -> Wanted:
    """What a query string or form asks of the register of inspections."""
    return Wanted(said("facility"), said("account"), said("open") == "yes", days(), below(place))
