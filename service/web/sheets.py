"""Excel sheets that are sent to people: cells are text, whatever they begin with."""

import io
from collections.abc import Iterable, Sequence

from flask import Response
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def written(title: str, head: Sequence[str], lines: Iterable[Sequence[str]]) -> bytes:
    """A book of one sheet: a head that stays in sight, and lines."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])  # no longer title opens in Excel
    sheet.freeze_panes = "A2"
    sheet.append([cell(sheet, one, bold=True) for one in head])
    for line in lines:
        sheet.append([cell(sheet, one) for one in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def sent(content: bytes, name: str) -> Response:
    """A book as a download."""
    answer = Response(content, mimetype=XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="dangan-{name}.xlsx"'
    return answer


def cell(sheet: object, value: str, *, bold: bool = False) -> WriteOnlyCell:
    """One cell of a sheet that is being written."""
    made = WriteOnlyCell(sheet, value="".join(sign for sign in value if sign >= " " or sign in "\n\t"))
    made.data_type = "s"  # a name that begins with = is no formula
    if bold:
        made.font = Font(bold=True)
    return made
