"""What stands on a label (policy S3): Chinese, as the paper that it sticks to. Pure."""

from service.catalogue.model import Catalogue
from service.files.rules import File
from service.places.labels import Label
from service.places.rules import KINDS, Place
from service.records.rules import Record


def of_file(file: File) -> Label:
    """The label of a file's bag."""
    return Label(file.file_no, file.name, (file.file_no, _hired(file), "客服员档案"))


def of_record(record: Record, file: File, catalogue: Catalogue) -> Label:
    """The label of a record's own bag; its code is the record's id."""
    category = catalogue.category(record.category)
    about = f"{category.zh} {catalogue.subcategory(record.category, record.subcategory).zh}"
    return Label(record.id, file.name, (file.file_no, _hired(file), about, *_year(record.date[:4])))


def of_place(place: Place, catalogue: Catalogue) -> Label:
    """The label of a room, cabinet, shelf or box (S5)."""
    about = KINDS[place.kind]
    if place.category:
        about += f" {catalogue.category(place.category).zh}"
    return Label(place.code, place.name, (place.code, about, *_year(place.year)))


def _hired(file: File) -> str:
    return f"入职 {file.hire_date}"


def _year(year: str) -> tuple[str, ...]:
    return (f"{year} 年",) if year else ()
