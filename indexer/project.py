"""From a file with its records and pages to the documents that are searched. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from indexer.gather import Gathered
from service.catalogue import derived, masks, runs
from service.catalogue.model import Catalogue
from service.files.rules import File
from service.fulltext import pinyin
from service.fulltext.port import Document, Kind
from service.fulltext.text import prepare
from service.records.rules import Record, State, gaps
from service.scans.rules import Page


def project(gathered: Gathered, catalogue: Catalogue, departments: Mapping[str, str]) -> list[Document]:
    """All documents of one file."""
    file, version = gathered.file, gathered.version
    records = [record for record in gathered.records if record.state is not State.WITHDRAWN]  # nobody looks for these
    file_no = file.file_no
    name = prepare(file.name)
    own = " ".join((name, prepare(file.file_no)))
    head: dict[str, tuple[str, ...]] = {
        "file_no": (file_no,),
        "department": (file.department,),
        "status": (file.status.value,),
    }
    secret = runs.own(
        value
        for record in gathered.records
        for value in derived.secrets(catalogue.subcategory(record.category, record.subcategory), record.fields)
    )
    days = {"hire_date": int(file.hire_date.replace("-", ""))}
    made = [_record(catalogue, record, version, file, own, name, head, days) for record in records]
    paper = {
        record.id: _pages(gathered.pages.get(record.id, ()), document, secret)
        for record, document in zip(records, made, strict=True)
    }
    texts: dict[str, list[str]] = {"text": [], "sensitive": [], "waiting": []}
    for record, document in zip(records, made, strict=True):
        if record.state.value == "filed":
            texts["text"] += [document.texts["text"], *(page.texts["text"] for page in paper[record.id])]
            texts["sensitive"] += [document.texts["sensitive"], *(p.texts["sensitive"] for p in paper[record.id])]
        elif record.state.value != "draft":
            texts["waiting"] += [document.texts["text"], *(page.texts["text"] for page in paper[record.id])]
    made += [page for pages in paper.values() for page in pages]
    without = gaps(catalogue.checklist(), records, gathered.pages)
    keywords = {
        **head,
        "category": tuple(sorted({record.category for record in records if record.state == "filed"})),
        "missing": tuple(gap.item.key for gap in without),
    }
    own_file = f"{own} {prepare(file.post)} {prepare(departments.get(file.department, ''))}"
    # A phrase must not run from one record into the next: a token that nobody can type stands between.
    joined = {kind: " ¦ ".join(parts) for kind, parts in texts.items()}
    starts = {
        "name_prefix": tuple(pinyin.prefixes(name.replace(" ", ""), *pinyin.keys(file.name))),
        "number_prefix": tuple(pinyin.prefixes(prepare(file_no).replace(" ", ""))),
    }
    made.append(
        Document(
            f"file/{file_no}",
            Kind.FILES,
            version,
            pinyin.sort_key(file.name),
            keywords,
            days,
            {"own": own_file, "name": name, **joined},
            starts,
        )
    )
    return made


def _record(
    catalogue: Catalogue,
    record: Record,
    version: int,
    file: File,
    own: str,
    name: str,
    head: dict[str, tuple[str, ...]],
    days: dict[str, int],
) -> Document:
    sub = catalogue.subcategory(record.category, record.subcategory)
    plain, hidden = derived.search_text(sub, record.fields)
    category = catalogue.category(record.category)
    plain = f"{category.zh}\n{sub.zh}\n{plain}"
    keywords = {
        **head,
        "record_id": (record.id,),
        "category": (record.category,),
        "subcategory": (record.subcategory,),
        "state": (record.state.value,),
        "author": (record.author,),
        "verdict": (record.verification.verdict.value if record.verification else "none",),
        "hidden": ("yes" if sub.hidden_from_agent else "no",),
        "attribute": tuple(f"{key}={value}" for key, value in derived.facet_values(sub, record.fields).items()),
    }
    if len(record.date) == 10:
        days = {**days, "date": int(record.date.replace("-", ""))}
    texts = {"own": own, "name": name, "text": _lines(plain), "sensitive": _lines(hidden)}
    return Document(record.id, Kind.RECORDS, version, pinyin.sort_key(file.name), keywords, days, texts)


def _pages(pages: Sequence[Page], document: Document, secret: Sequence[str]) -> list[Document]:
    """A document for each page that was read; it has its record's filters, and its own text. `secret` are the sensitive
    values of the file."""
    made = []
    for page in pages:
        hidden = [prepare(page.text[start:end]) for start, end in runs.sensitive_runs(page.text, secret)]
        texts = {"text": prepare(masks.mask_text(page.text, secret)), "sensitive": " ¦ ".join(hidden)}
        keywords = {**document.keywords, "scan_id": (page.scan_id,), "page_no": (str(page.number),)}
        page_id, searched = f"{page.scan_id}/{page.number}", {**document.texts, **texts}
        made.append(replace(document, id=page_id, kind=Kind.PAGES, keywords=keywords, texts=searched))
    return made


def _lines(text: str) -> str:
    return " ¦ ".join(prepare(line) for line in text.split("\n"))
