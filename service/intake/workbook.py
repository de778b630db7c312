"""The workbook that records are entered from: a sheet for each sub-category, columns from the catalogue. No store.

A line without a file number goes on with the record above it: it holds one more row of that record's groups.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from service.catalogue.model import Catalogue, Field, SubCategory
from service.intake.rules import Given
from service.intake.sheet import REQUIRED, refused, sheets, text

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MOST = 1000
"""Records of one workbook: they are kept in one transaction, all or none."""
_CHOICES = "选项"
_OTHER_COLUMNS = "工作表“%(sheet)s”的列与模板不同（%(count)s 列）：请使用最新的模板，不要改动第一行"
_FILE_NO = Field("@file_no", "text", "档案编号", "File number", required=True)
_DAY = Field("@date", "date", "日期", "Date")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: a field, or one of a group's."""

    field: Field
    group: Field | None = None

    @property
    def title(self) -> str:
        return f"{self.group.zh}·{self.field.zh}" if self.group else self.field.zh


@dataclass(slots=True)
class Line:
    """One record as it was typed, and where: the sheet's title and the row's number there."""

    sheet: str
    row: int
    file_no: str
    category: str
    subcategory: str
    fields: dict[str, Any] = field(default_factory=dict)
    date: str = ""

    @property
    def given(self) -> Given:
        return Given(self.category, self.subcategory, self.fields, self.date)


def title(sub: SubCategory) -> str:
    """What the sub-category's sheet is called; the code at its end is what it is known by."""
    return f"{sub.zh[:10]} {sub.code}"[:31]


def columns(sub: SubCategory) -> list[Column]:
    """The columns of a sub-category's sheet, in their order."""
    made = [Column(_FILE_NO), *([] if sub.date else [Column(_DAY)])]
    for one in sub.asked().fields:
        made += [Column(inner, one) for inner in one.fields] if one.kind == "group" else [Column(one)]
    return made


def template(catalogue: Catalogue) -> bytes:
    """An empty workbook; choices can be picked, and a date that is none is asked about."""
    from openpyxl import Workbook

    book = Workbook()
    choices = book.worksheets[0]
    choices.title, choices.sheet_state = _CHOICES, "hidden"
    for category in catalogue.categories:
        for sub in category.asked:
            _sheet(book.create_sheet(title(sub)), columns(sub), choices)
    book.active = 1
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(sheet: "Worksheet", made: Sequence[Column], choices: "Worksheet") -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    for at, column in enumerate(made, 1):
        one, letter = column.field, get_column_letter(at)
        sheet.cell(1, at, column.title + (REQUIRED if one.required and not column.group else "")).font = Font(bold=True)
        dimension = sheet.column_dimensions[letter]
        dimension.width, dimension.number_format = 22, "yyyy-mm-dd" if one.kind == "date" else "@"
        asked = None
        if one.kind == "date":
            asked = DataValidation("date", operator="greaterThan", formula1="1", errorStyle="warning", allow_blank=True)
        elif one.choices:
            listed = choices.max_column + 1
            for row, choice in enumerate(one.choices, 1):
                choices.cell(row, listed, choice.zh)
            where = get_column_letter(listed)
            asked = DataValidation("list", f"{_CHOICES}!${where}$1:${where}${len(one.choices)}", allow_blank=True)
        if asked is not None:
            sheet.add_data_validation(asked)
            asked.add(f"{letter}2:{letter}{MOST + 1}")
    sheet.freeze_panes = "B2"


def lines(content: IO[bytes], catalogue: Catalogue) -> list[Line]:
    """The filled records of every sheet. Raises Invalid where it is not such a workbook, or holds none or too many."""
    subs = {sub.code: sub for category in catalogue.categories for sub in category.asked}
    found: list[Line] = []
    for name, rows in sheets(content, 2 * MOST).items():
        sub = subs.get(name.rpartition(" ")[2])
        if sub is not None:
            found += _records(name, sub, rows)
        elif name != _CHOICES and any(any(text(one) for one in row) for row in rows):
            raise refused("工作表“%(sheet)s”不是模板里的子类：请使用模板，不要改动工作表的名称", sheet=name[:31])
    if len(found) > MOST:
        raise refused("超过 %(most)s 份材料：请分成几个文件", most=MOST)
    if not found:
        raise refused("没有填写任何一份材料")
    return found


def _records(name: str, sub: SubCategory, rows: Sequence[Sequence[Any]]) -> Iterator[Line]:
    if not rows:
        return
    at = {text(one).removesuffix(REQUIRED).strip(): n for n, one in enumerate(rows[0]) if text(one)}
    known = {column.title: column for column in columns(sub)}
    filled = any(any(text(one) for one in row) for row in rows[1:])
    needed = {column.title for column in known.values() if column.field.required and not column.group}
    if filled and (wrong := (needed - set(at)) | (set(at) - set(known))):
        raise refused(_OTHER_COLUMNS, sheet=name[:31], count=len(wrong))
    line: Line | None = None
    for row, cells in enumerate(rows[1:], 2):
        values = {known[head]: text(cells[n]) for head, n in at.items() if n < len(cells) and text(cells[n])}
        if not values:
            continue
        goes_on = line is not None and all(column.group for column in values)
        if not goes_on:
            if line is not None:
                yield line
            line = Line(name, row, "", sub.category, sub.code)
        assert line is not None  # noqa: S101 - made just now
        _fill(line, values)
    if line is not None:
        yield line


def _fill(line: Line, values: Mapping[Column, str]) -> None:
    more: dict[str, dict[str, str]] = {}
    for column, value in values.items():
        if column.group:
            more.setdefault(column.group.name, {})[column.field.name] = value
        elif column.field is _FILE_NO:
            line.file_no = value
        elif column.field is _DAY:
            line.date = value
        else:
            line.fields[column.field.name] = value
    for group, row in more.items():
        line.fields.setdefault(group, []).append(row)
