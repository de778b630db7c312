"""Scans and pages in MongoDB; their bytes lie in GridFS, sealed."""

from collections.abc import Mapping, Sequence
from json import JSONDecoder

import orjson
from bson import ObjectId
from bson.errors import InvalidId
from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from service.errors import Conflict, NotFound
from service.scans import correction
from service.scans.arrangement import Leaf, natural
from service.scans.rules import Laid, Page, Scan, Sheet, State, Word
from service.store import blobs
from service.store.blobs import Blob
from service.store.connection import Document, Store, Transaction
from service.store.counters import Counters
from service.store.keys import FileCipher, Keyring

SCANS, PAGES = "scans", "pages"
WINDOW = 100
_JSON, _TEXT_FIRST = JSONDecoder(), '{"text":'
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    **blobs.indexes("scans"),
    **blobs.indexes("previews"),
    SCANS: (
        IndexModel([("record", 1), ("n", 1)], unique=True),
        IndexModel([("record", 1), ("content", 1)], unique=True),
        IndexModel([("blob.id", 1)]),
    ),
    PAGES: (
        IndexModel([("scan", 1), ("n", 1)], unique=True),
        IndexModel([("image.id", 1)]),
        IndexModel([("thumbnail.id", 1)]),
    ),
}


def new_id() -> str:
    return str(ObjectId())


class Scans:
    """Scans by their id and by their record, pages by scan and number."""

    def __init__(self, store: Store, keys: Keyring) -> None:
        self._scans = store.collection(SCANS)
        self._pages = store.collection(PAGES)
        self._counters = Counters(store)
        self._keys = keys

    def get(self, scan_id: str, tx: Transaction | None = None) -> Scan:
        """Raises NotFound."""
        found = self._scans.find_one({"_id": _object_id(scan_id)}, session=tx.session if tx else None)
        if found is None:
            raise NotFound
        return self._scan(found)

    def of_record(self, record_id: str) -> list[Scan]:
        """All scans of a record, in the order of their upload."""
        made: list[Scan] = []
        for start in range(1, self._counters.last(f"scans/{record_id}") + 1, WINDOW):
            window = {"record": ObjectId(record_id), "n": {"$gte": start, "$lt": start + WINDOW}}
            made += [self._scan(one) for one in self._scans.find(window, sort=[("n", 1)])]
        return made

    def of_records(self, record_ids: Sequence[str]) -> dict[str, list[Scan]]:
        """The scans of up to 200 records, by record; those without any are left out."""
        keys = [f"scans/{record_id}" for record_id in record_ids[: 2 * WINDOW]]
        return {
            key.removeprefix("scans/"): self.of_record(key.removeprefix("scans/")) for key in self._counters.known(keys)
        }

    def states(self, record_ids: Sequence[str]) -> dict[str, list[State]]:
        """How far the scans of up to 200 records are, without opening any of them."""
        return {record_id: [one.state for one in laid] for record_id, laid in self.laid(record_ids).items()}

    def laid(self, record_ids: Sequence[str]) -> dict[str, list[Laid]]:
        """How the scans of up to 200 records lie, without opening any of them; records without any are left out."""
        keys = [f"scans/{record_id}" for record_id in record_ids[: 2 * WINDOW]]
        made: dict[str, list[Laid]] = {}
        for record_id in (key.removeprefix("scans/") for key in self._counters.known(keys)):
            for start in range(1, self._counters.last(f"scans/{record_id}") + 1, WINDOW):
                window = {"record": ObjectId(record_id), "n": {"$gte": start, "$lt": start + WINDOW}}
                found = self._scans.find(window, {"state": 1, "pages": 1, "leaves": 1}, sort=[("n", 1)])
                made.setdefault(record_id, []).extend(_laid(one) for one in found)
        return {record_id: laid for record_id, laid in made.items() if laid}

    def pages_of(self, record_ids: Sequence[str]) -> dict[str, list[Page]]:
        """The pages that readers see, without their words' places, of many records in two looks; none of one whose
        scans are still to be read, and those without a scan are left out.

        For a rebuild, never for an answer to a person.
        """
        kept = list(self._scans.find({"record": {"$in": [ObjectId(one) for one in record_ids]}}, comment="walk"))
        ciphers = self._keys.ciphers(list({one["file"] for one in kept}))
        scans = {one["_id"]: self._scan(one, ciphers[one["file"]]) for one in kept if one["file"] in ciphers}
        shown = {scan_id: set(scan.shown()) for scan_id, scan in scans.items()}
        places = {one["_id"]: one["n"] for one in kept}
        found = list(self._pages.find({"scan": {"$in": list(scans)}}, comment="walk")) if scans else []
        made: dict[str, list[Page]] = {scan.record_id: [] for scan in scans.values()}
        for one in sorted(found, key=lambda page: (places[page["scan"]], page["n"])):
            scan = scans[one["scan"]]
            if one["n"] in shown[one["scan"]]:
                made[scan.record_id].append(self._page(scan, one, ciphers[scan.file_no], placed=False))
        return made

    def place(self, record_id: str) -> int:
        """A place for one more scan of a record, in the order of their coming."""
        return self._counters.take(f"scans/{record_id}")

    def same(self, record_id: str, content: str) -> Scan | None:
        """The scan of this record that has the same bytes."""
        found = self._scans.find_one({"record": ObjectId(record_id), "content": content})
        return self._scan(found) if found else None

    def uses(self, blob_id: str) -> bool:
        """Whether any document refers to the blob."""
        return any(
            collection.find_one({f"{part}.id": blob_id}, {"_id": 1}) is not None
            for collection, part in ((self._scans, "blob"), (self._pages, "image"), (self._pages, "thumbnail"))
        )

    def add(self, tx: Transaction, scan: Scan, place: int) -> None:
        """Raises Conflict when the same bytes came to the record at the same time."""
        cipher = self._keys.cipher(scan.file_no)
        document = {
            "_id": ObjectId(scan.id), "record": ObjectId(scan.record_id), "n": place, "file": scan.file_no,
            "media_type": scan.media_type, "name": cipher.seal(f"scans/{scan.id}/name", scan.name),
            "sha256": cipher.seal(f"scans/{scan.id}/sha256", scan.blob.sha256),
            "blob": _kept(scan.blob),
            "content": scan.blob.content, "state": scan.state, "pages": scan.pages, "reason": "", "version": 1,
        }  # fmt: skip
        try:
            self._scans.insert_one(document, session=tx.session)
        except DuplicateKeyError as error:
            raise Conflict from error

    def set_state(self, tx: Transaction, scan_id: str, state: State, reason: str = "") -> None:
        change = {"$set": {"state": state, "reason": reason}, "$inc": {"version": 1}}
        self._scans.update_one({"_id": ObjectId(scan_id)}, change, session=tx.session)

    def arrange(self, tx: Transaction, scan: Scan, version: int, leaves: tuple[Leaf, ...], state: State) -> Scan:
        """Keep an arrangement over the version that was read. Raises Conflict with what stands there."""
        kept = [{"page": leaf.page, "turn": leaf.turn, "withdrawn": leaf.withdrawn} for leaf in leaves]
        return self._change(tx, scan.id, version, {"leaves": kept, "state": state})

    def move(
        self, tx: Transaction, scan: Scan, version: int, record_id: str, place: int,
        *, file_no: str = "", blob: Blob | None = None,
    ) -> Scan:  # fmt: skip
        """Put a scan into another record; into another file with its content sealed by that file's key.

        What was corrected by hand goes with it, and waits beside the scan until its pages are read again.
        """
        change: Document = {"record": ObjectId(record_id), "n": place}
        if blob is not None:
            cipher = self._keys.cipher(file_no, tx)
            change |= {
                "file": file_no, "blob": _kept(blob), "content": blob.content, "state": State.STORED, "reason": "",
                "name": cipher.seal(f"scans/{scan.id}/name", scan.name),
                "sha256": cipher.seal(f"scans/{scan.id}/sha256", blob.sha256),
                "corrections": {
                    str(number): cipher.seal(f"pages/{scan.id}/{number}/correction", text)
                    for number, text in self._corrections(tx, scan).items()
                },
            }  # fmt: skip
        try:
            return self._change(tx, scan.id, version, change)
        except DuplicateKeyError as error:
            raise Conflict("那份材料里已经有同一份扫描件") from error

    def _change(self, tx: Transaction, scan_id: str, version: int, change: Document) -> Scan:
        done = self._scans.update_one(
            {"_id": ObjectId(scan_id), "version": version}, {"$set": change, "$inc": {"version": 1}}, session=tx.session
        )
        if done.matched_count == 0:
            raise Conflict(current=self.get(scan_id, tx))
        return self.get(scan_id, tx)

    def _corrections(self, tx: Transaction, scan: Scan) -> dict[int, str]:
        """What was corrected of each page, with what still waits for the page to be read."""
        sealed = dict(self._waiting(tx, scan.id))
        for start in range(1, scan.pages + 1, WINDOW):
            window = {"scan": ObjectId(scan.id), "n": {"$gte": start, "$lt": start + WINDOW}}
            found = self._pages.find(window, {"n": 1, "correction": 1}, session=tx.session)
            sealed |= {str(one["n"]): one["correction"] for one in found if "correction" in one}
        cipher = self._keys.cipher(scan.file_no)
        return {
            int(number): str(cipher.open(f"pages/{scan.id}/{number}/correction", text))
            for number, text in sealed.items()
        }

    def _waiting(self, tx: Transaction, scan_id: str) -> Mapping[str, bytes]:
        found = self._scans.find_one({"_id": ObjectId(scan_id)}, {"corrections": 1}, session=tx.session)
        return found.get("corrections", {}) if found else {}

    def drop_pages(self, tx: Transaction, scan: Scan) -> None:
        """Forget what was read of a scan; it is read anew."""
        for start in range(1, scan.pages + 1, WINDOW):
            window = {"scan": ObjectId(scan.id), "n": {"$gte": start, "$lt": start + WINDOW}}
            self._pages.delete_many(window, session=tx.session)

    def correct(self, tx: Transaction, scan: Scan, number: int, version: int, text: str) -> Page:
        """Keep a page's corrected text beside the reading; an empty one takes it back. Raises Conflict."""
        page_id = f"{scan.id}/{number}"
        sealed = self._keys.cipher(scan.file_no, tx).seal(f"pages/{page_id}/correction", text)
        change: Document = {"$set": {"correction": sealed, "reread": False}} if text else {"$unset": {"correction": ""}}
        done = self._pages.update_one(
            {"_id": page_id, "version": version}, {**change, "$inc": {"version": 1}}, session=tx.session
        )
        if done.matched_count == 0:
            raise Conflict(current=self.page(scan, number))
        return self.page(scan, number, tx)

    def put_page(self, tx: Transaction, file_no: str, page: Page) -> None:
        """Keep a page's reading, over an earlier one; a correction stays, and says that it was made of another."""
        page_id, number = f"{page.scan_id}/{page.number}", str(page.number)
        before = self._pages.find_one({"_id": page_id}, {"version": 1, "correction": 1}, session=tx.session)
        correction = (before or {}).get("correction") or self._waiting(tx, page.scan_id).get(number)
        place = f"pages/{page.scan_id}/{page.number}"
        reading = {"text": page.text, "words": [[w.at, w.text, list(w.box), w.confidence] for w in page.words]}
        document: Document = {
            "_id": page_id, "scan": ObjectId(page.scan_id), "n": page.number,
            "file": file_no, "width": page.width,
            "height": page.height, "reading": self._keys.cipher(file_no).seal(place, reading),
            "image": _kept(page.image),
            "thumbnail": _kept(page.thumbnail), "turn": page.turn,
            "version": before["version"] + 1 if before else page.version,
            **({"correction": correction, "reread": True} if correction else {}),
        }  # fmt: skip
        self._pages.replace_one({"_id": page_id}, document, upsert=True, session=tx.session)

    def page(self, scan: Scan, number: int, tx: Transaction | None = None) -> Page:
        """Raises NotFound where it is not there, or not read yet."""
        found = self._pages.find_one({"_id": f"{scan.id}/{number}"}, session=tx.session if tx else None)
        if found is None:
            raise NotFound("没有这一页，或尚未识别完成")
        return self._page(scan, found)

    def sheets(self, scan: Scan) -> dict[int, Sheet]:
        """Size and turn of every page that was read, by number, without opening any of them."""
        made: dict[int, Sheet] = {}
        for start in range(1, scan.pages + 1, WINDOW):
            window = {"scan": ObjectId(scan.id), "n": {"$gte": start, "$lt": start + WINDOW}}
            for found in self._pages.find(window, {"n": 1, "width": 1, "height": 1, "turn": 1}):
                made[found["n"]] = Sheet(found["width"], found["height"], found["turn"])
        return made

    def many(self, wanted: list[tuple[str, int]]) -> dict[tuple[str, int], tuple[Scan, Page]]:
        """At most 100 pages with their scans, by scan and number, in two look-ups."""
        ids = list({_object_id(scan_id) for scan_id, _ in wanted[:100]})
        kept = list(self._scans.find({"_id": {"$in": ids}}))
        ciphers = self._keys.ciphers([one["file"] for one in kept])
        scans = {str(one["_id"]): self._scan(one, ciphers[one["file"]]) for one in kept if one["file"] in ciphers}
        keys = [f"{scan_id}/{number}" for scan_id, number in wanted[:100]]
        made = {}
        for found in self._pages.find({"_id": {"$in": keys}}):
            scan = scans.get(str(found["scan"]))
            if scan is None or found["n"] not in scan.shown():
                continue
            made[scan.id, int(found["n"])] = (scan, self._page(scan, found, ciphers[scan.file_no]))
        return made

    def pages(self, scan: Scan) -> list[Page]:
        """All pages that were read, in order."""
        made: list[Page] = []
        for start in range(1, scan.pages + 1, WINDOW):
            window = {"scan": ObjectId(scan.id), "n": {"$gte": start, "$lt": start + WINDOW}}
            made += [self._page(scan, found) for found in self._pages.find(window, sort=[("n", 1)])]
        return made

    def _page(self, scan: Scan, found: Document, cipher: FileCipher | None = None, *, placed: bool = True) -> Page:
        cipher = cipher or self._keys.cipher(scan.file_no)
        reading = cipher.plain(f"pages/{scan.id}/{found['n']}", found["reading"])
        text, words = _read(reading) if placed else (_text_of(reading), ())
        image, thumbnail = (
            Blob(found[part]["id"], found[part]["size"], "", found[part]["prefix"]) for part in ("image", "thumbnail")
        )
        read: str | None = None
        read_words: tuple[Word, ...] = ()
        if "correction" in found:
            place = f"pages/{scan.id}/{found['n']}/correction"
            corrected = str(cipher.open(place, found["correction"]))
            read, read_words = text, words
            text, words = corrected, correction.words(corrected, text, words)
        return Page(
            scan.id, found["n"], found["width"], found["height"], text, words, image, thumbnail,
            found["turn"], found["version"], read, found.get("reread", False), read_words,
        )  # fmt: skip

    def _scan(self, found: Document, cipher: FileCipher | None = None) -> Scan:
        cipher, scan_id = cipher or self._keys.cipher(found["file"]), str(found["_id"])
        sha256 = str(cipher.open(f"scans/{scan_id}/sha256", found["sha256"]))
        blob = Blob(found["blob"]["id"], found["blob"]["size"], sha256, found["blob"]["prefix"])
        return Scan(
            scan_id, str(found["record"]), found["file"], found["media_type"],
            str(cipher.open(f"scans/{scan_id}/name", found["name"])), blob, State(found["state"]), found["pages"],
            found["reason"], found["version"], _leaves(found),
        )  # fmt: skip


def _read(reading: bytes) -> tuple[str, tuple[Word, ...]]:
    """Text and words. The words' places are most of a page, so its JSON is read by what reads numbers quickest."""
    kept = orjson.loads(reading)
    return kept["text"], Page.words_from(kept["words"])


def _text_of(reading: bytes) -> str:
    """The text alone, which stands first, without a look at the words' places."""
    plain = reading.decode()
    if plain.startswith(_TEXT_FIRST):
        return str(_JSON.raw_decode(plain, len(_TEXT_FIRST))[0])
    return _read(reading)[0]


def _leaves(found: Document) -> tuple[Leaf, ...]:
    if "leaves" not in found:
        return natural(found["pages"])
    return tuple(Leaf(one["page"], one["turn"], one["withdrawn"]) for one in found["leaves"])


def _laid(found: Document) -> Laid:
    shown = tuple(leaf.page for leaf in _leaves(found) if not leaf.withdrawn)
    return Laid(str(found["_id"]), State(found["state"]), shown)


def _kept(blob: Blob) -> Document:
    return {"id": blob.id, "size": blob.size, "prefix": blob.prefix}


def _object_id(text: str) -> ObjectId:
    try:
        return ObjectId(text)
    except (InvalidId, TypeError) as error:
        raise NotFound from error
