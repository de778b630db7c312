"""A result list as an Excel sheet; its cells are text, whatever they begin with. No store."""

import io
from collections.abc import Callable, Iterable, Mapping, Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from service.search.operations import Hit

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HEAD = ("档案编号", "姓名", "部门", "岗位", "入职时间", "状态")
_MORE = {"files": (), "records": ("子类", "日期", "内容", "审核"), "pages": ("子类", "日期", "页", "摘录")}


def sheet(
    kind: str,
    hits: Iterable[Hit],
    names: Mapping[str, str],
    states: Mapping[str, str],
    words: Callable[[str], str] = str,
) -> bytes:
    """One line for each hit, as the page shows it; records of one sub-category have a column for each field."""
    hits = list(hits)
    fields: dict[str, None] = {}
    if len({hit.record.subcategory if hit.record else "" for hit in hits}) == 1:
        fields = dict.fromkeys(label for hit in hits for label, _ in hit.cells)
    book = Workbook(write_only=True)
    lines = book.create_sheet(words("检索结果"))
    lines.freeze_panes = "A2"
    lines.append([_cell(lines, words(title), bold=True) for title in (*_HEAD, *_MORE[kind], *fields)])
    for hit in hits:
        cells = dict(hit.cells)
        more = [cells.get(label, "") for label in fields]
        lines.append([_cell(lines, value) for value in (*_line(kind, hit, names, states), *more)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _line(kind: str, hit: Hit, names: Mapping[str, str], states: Mapping[str, str]) -> Sequence[str]:
    file, record = hit.file, hit.record
    head = (
        file.file_no, file.name, names.get(file.department, file.department), file.post, file.hire_date,
        states.get(file.status, file.status),
    )  # fmt: skip
    if record is None:
        return head
    sub = names.get(record.subcategory, record.subcategory)
    if kind == "records":
        return (*head, sub, record.date, hit.title, states.get(record.state, record.state))
    return (*head, sub, record.date, str(hit.page_no), hit.evidence[0].text if hit.evidence else "")


def _cell(lines: object, value: str, *, bold: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(lines, value="".join(sign for sign in value if sign >= " " or sign in "\n\t"))
    cell.data_type = "s"  # a name that begins with = is no formula
    if bold:
        cell.font = Font(bold=True)
    return cell
