"""Which labels a person prints, and the event of each file whose name goes onto one. Permission first."""

from collections.abc import Sequence

from service.access.gate import Gate
from service.access.policy import Action
from service.audit.trail import Act, Audit, file_chain
from service.catalogue.model import Catalogue
from service.errors import FieldError, Invalid
from service.files.repository import Files
from service.person import Person
from service.places.labels import SHEETS, Label, printed
from service.places.repository import Places
from service.places.rules import KINDS, Place
from service.store.connection import Store, Transaction

MOST = 100


class Labelling:
    """Printing labels."""

    def __init__(
        self, store: Store, places: Places, files: Files, audit: Audit, gate: Gate, catalogue: Catalogue
    ) -> None:
        self._store, self._places, self._files = store, places, files
        self._audit, self._gate, self._catalogue = audit, gate, catalogue

    def print(self, person: Person, codes: Sequence[str], sheet: str, first: int = 1) -> bytes:
        """A PDF with a label for each file number and each place's code. Raises Invalid with the wrong field."""
        self._gate.require(person, Action.KEEP_PLACES)
        wanted = list(dict.fromkeys(code.strip() for code in codes if code.strip()))
        if not 1 <= len(wanted) <= MOST:
            raise Invalid(fields=[FieldError("codes", "标签：请写明 1 至 %(most)s 个编号", {"most": MOST})])
        if sheet not in SHEETS:
            raise Invalid(fields=[FieldError("sheet", "标签纸：请从列出的规格中选择")])
        places, files = self._places.many(wanted), self._files.many(wanted)
        missing = [code for code in wanted if code not in places and code not in files]
        if missing:
            place = {"number": wanted.index(missing[0]) + 1}
            raise Invalid(fields=[FieldError("codes", "标签：第 %(number)s 个编号不存在，请核对", place)])
        labels = [
            self._of_place(places[code]) if code in places else Label(
                code, files[code].name, (code, f"入职 {files[code].hire_date}", "客服员档案")
            )
            for code in wanted
        ]  # fmt: skip
        self._note(person, [code for code in wanted if code in files])
        return printed(labels, SHEETS[sheet], first)

    def _of_place(self, place: Place) -> Label:
        about = [KINDS[place.kind]]
        if place.category:
            about.append(self._catalogue.category(place.category).zh)
        if place.year:
            about.append(f"{place.year} 年")
        return Label(place.code, place.name, (place.code, " · ".join(about)))

    def _note(self, person: Person, numbers: Sequence[str]) -> None:
        """A label shows a name: each is a print, and its event is committed before the first byte (design §2)."""
        chains = [file_chain(number) for number in numbers]

        def work(tx: Transaction) -> None:
            for number, chain in zip(numbers, chains, strict=True):
                act = Act("file.labelled", {"file": number})
                self._audit.append_all(tx, person, [act], subject=chain, change=False)

        if chains:
            self._store.transact(work, queue=chains)
