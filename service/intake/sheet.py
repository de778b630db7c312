"""The Excel sheet that files are opened from: a template to fill, and its rows. No store.

openpyxl is loaded where a sheet is made or read: it takes 11 MB of every process, and most never see one.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import IO, Any

from service.catalogue.model import Field
from service.errors import FieldError, Invalid

MOST_BYTES = 5 * 2**20
_MOST_SHEETS = 100
_DEPARTMENTS = "部门"
TITLE = "档案"
"""What the sheet is called that opens files; a workbook of records has a sheet for each sub-category."""
REQUIRED = "（必填）"
_MOST_UNPACKED = 60 * 2**20
"""A sheet of 2,000 rows unpacks to some hundred kilobytes; a packed bomb to gigabytes."""


def template(fields: Sequence[Field], departments: Mapping[str, str]) -> bytes:
    """An empty sheet with a column for each field; departments can be picked from a list."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101 - a new workbook has one
    sheet.title = TITLE
    sheet.append([field.zh + (REQUIRED if field.required else "") for field in fields])
    for cell, field in zip(sheet[1], fields, strict=True):
        cell.font = Font(bold=True)
        column = sheet.column_dimensions[cell.column_letter]
        column.width, column.number_format = 22, "@"
        if field.name == "department":
            names = book.create_sheet(_DEPARTMENTS)
            for name in departments.values():
                names.append([name])
            picked = DataValidation("list", f"{_DEPARTMENTS}!$A$1:$A${max(1, len(departments))}", allow_blank=True)
            sheet.add_data_validation(picked)
            picked.add(f"{cell.column_letter}2:{cell.column_letter}2001")
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rows(
    content: IO[bytes], fields: Sequence[Field], departments: Mapping[str, str], most: int
) -> dict[int, dict[str, Any]]:
    """The filled rows as the sheet numbers them, by field name. Raises Invalid where it is not such a sheet."""
    lines = next(iter(sheets(content, most).values()), [])
    if not lines:
        raise refused("表格是空的：请在模板中填写")
    columns = _columns(lines[0], fields)
    codes = {name: code for code, name in departments.items()}
    found: dict[int, dict[str, Any]] = {}
    for row, line in enumerate(lines[1:], 2):
        given = {name: text(line[at]) for name, at in columns.items() if at < len(line)}
        if any(given.values()):
            given["department"] = codes.get(given.get("department", ""), given.get("department", ""))
            found[row] = given
    if len(found) > most:
        raise refused("超过 %(most)s 行：请分成几张表", most=most)
    if not found:
        raise refused("表格里没有填写任何一行")
    return found


def sheets(content: IO[bytes], most: int) -> dict[str, list[tuple[Any, ...]]]:
    """The lines of each sheet by its title, `most` filled ones and a head. Raises Invalid where it is no workbook."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    size = content.seek(0, io.SEEK_END)
    content.seek(0)
    if size > MOST_BYTES:
        raise refused("表格超过 5 MB：请分成几张表")
    try:
        with zipfile.ZipFile(content) as packed:
            if sum(part.file_size for part in packed.infolist()) > _MOST_UNPACKED:
                raise refused("表格内容过大：请分成几张表")
        book = load_workbook(content, read_only=True, data_only=True)
        read = {"max_row": most + 2, "max_col": 80, "values_only": True}
        return {one.title: list(one.iter_rows(**read)) for one in book.worksheets[:_MOST_SHEETS]}
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, IndexError, SyntaxError) as error:
        raise refused("不是可读的 Excel 文件（.xlsx）：请下载模板填写") from error


def _columns(head: Sequence[Any], fields: Sequence[Field]) -> dict[str, int]:
    titles = [text(one).removesuffix(REQUIRED).strip() for one in head]
    columns = {field.name: titles.index(field.zh) for field in fields if field.zh in titles}
    missing = [field.zh for field in fields if field.required and field.name not in columns]
    if missing:
        raise refused("缺少列：%(columns)s。请使用模板，不要改动第一行", columns="、".join(missing))
    return columns


def text(value: object) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def refused(message: str, **values: object) -> Invalid:
    return Invalid(message, fields=[FieldError("sheet", message, values)], **values)
