"""The register of handed-over material as a page, on paper, and as a sheet."""

from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service.catalogue.model import Catalogue
from service.clock import Clock
from service.intake.submissions.register import HandedRegister, Line, Wanted
from service.intake.submissions.rules import State
from service.web.identity import current_person
from service.web.language import language
from service.web.registers import below, days, moment, numbered, page, part, said, tabs
from service.web.sheets import sent, written

HEAD = ("序号", "移交时间", "移交部门", "移交人", "档案编号", "材料", "份数", "接收人", "归档时间", "状态")
"""The columns that such a register usually has, in their order."""
TITLE = "材料移交登记簿"
_STATES = {
    State.SUBMITTED: "待审", State.CHECKED: "已核验", State.FILED: "已归档", State.RETURNED: "已退回",
    State.WITHDRAWN: "已撤回",
}  # fmt: skip


def blueprint(
    registers: Mapping[str, tuple[str, HandedRegister]], departments: Callable[[], Mapping[str, str]],
    catalogue: Catalogue, clock: Clock,
) -> Blueprint:  # fmt: skip
    """`registers` holds the title and the register of each kind, by the word that names it in addresses."""
    pages = Blueprint("handed", __name__)
    words = ", ".join(f"'{word}'" for word in registers)

    @pages.get(f"/registers/<any({words}):word>")
    def register(word: str) -> ResponseReturnValue:
        person, asked, kept = current_person(), wanted("below"), registers[word][1]
        found = part(lambda: kept.read(person, asked), lambda: kept.whole(person, asked))
        looked = {name: said(name) for name in ("account", "file_no", "department", "from", "to")}
        titles = {one: title for one, (title, _register) in registers.items()}
        return page(
            "submissions/register.html", found, _rows(found[0]), here="handed.register", export="handed.export",
            route={"word": word}, among="handed.start", asked=looked, head=HEAD, title=TITLE, mono=(2, 5, 9),
            none="没有符合条件的移交", departments=departments(),
            tabs=tabs("handed.register", "word", titles, looked, word),
        )  # fmt: skip

    @pages.get("/registers/handed")
    def start() -> ResponseReturnValue:
        return register(next(iter(registers)))

    @pages.post(f"/registers/<any({words}):word>/export")
    def export(word: str) -> ResponseReturnValue:
        rows = numbered(_rows(registers[word][1].export(current_person(), wanted("below"))))
        return sent(written(str(_(TITLE)), [str(_(one)) for one in HEAD], rows), word)

    def _rows(lines: Sequence[Line]) -> list[list[str]]:
        names, said = departments(), str(_("、"))
        return [
            [moment(line.at, clock), names.get(line.department, line.department), line.name,
             said.join(line.files[:3]) + (str(_(" 等 %(n)s 份", n=len(line.files))) if len(line.files) > 3 else ""),
             said.join(catalogue.subcategory(*kind).label(language()) for kind in line.kinds) or "—",
             str(line.count or "—"), line.receiver or "—", moment(line.received, clock),
             str(_(_STATES[line.state]))]
            for line in lines
        ]  # fmt: skip

    return pages


def wanted(place: str) -> Wanted:
    """What a query string or form asks for; `place` names where it says from where to go on."""
    return Wanted(said("file_no"), said("department"), below(place), said("account"), days())
