"""The engine's contract: the same hits as a plain search over tokens, over a corpus of some hundred documents."""

import random
import threading
from collections.abc import Sequence

import pytest

from service.fulltext import elastic, embedded, pinyin
from service.fulltext.port import LAST_HIT, Document, EngineDown, Kind, Query, Reader, Scope
from service.fulltext.text import Term, parse, prepare
from service.search.rules import SORTS
from tests.contract.conftest import Make

ALL = Scope(({},), ("own", "text"))
WORDS = (
    "劳动合同",
    "客服专员",
    "优秀客服员奖",
    "服务礼仪",
    "投诉处理",
    "毕业证书",
    "Excellent",
    "Certificate",
    "2013",
    "HT2021",
)
NAMES = ("张伟", "张伟明", "王芳", "单晓红", "欧阳若溪", "曾国强", "李娜", "李娜娜", "阿卜杜·买买提", "刘洋")


class Corpus:
    """What was indexed, kept beside the index, to be searched without it."""

    def __init__(self) -> None:
        chance = random.Random(7)
        self.rows: dict[str, dict] = {}
        for n in range(300):
            name = chance.choice(NAMES)
            text = "，".join(chance.choices(WORDS, k=4)) + f"第{n}号"
            self.rows[f"KF-{2012 + n % 10}-{n:05}"] = {
                "name": name, "text": text, "department": chance.choice(("north", "south", "east")),
                "hired": 20120101 + n, "state": "draft" if n % 7 == 0 else "filed", "author": ("hr", "clerk")[n % 2],
            }  # fmt: skip

    def documents(self, file_no: str) -> list[Document]:
        row = self.rows[file_no]
        starts = {
            "name_prefix": tuple(pinyin.prefixes(_flat(row["name"]), *pinyin.keys(row["name"]))),
            "number_prefix": tuple(pinyin.prefixes(_flat(file_no))),
        }
        return [
            Document(
                f"file/{file_no}", Kind.FILES, 1, pinyin.sort_key(row["name"]),
                {
                    "file_no": (file_no,), "department": (row["department"],), "state": (row["state"],),
                    "author": (row["author"],),
                },
                {"hire_date": row["hired"]},
                {
                    "own": prepare(f"{row['name']} {file_no}"), "name": prepare(row["name"]),
                    "text": prepare(row["text"]),
                },
                starts,
            )
        ]  # fmt: skip

    def truth(self, terms: Sequence[Term], department: str | None = None) -> set[str]:
        """The numbers that a search must find: each term as neighbouring tokens of a field, or as a beginning."""
        found = set()
        for file_no, row in self.rows.items():
            if department and row["department"] != department:
                continue
            fields = [prepare(f"{row['name']} {file_no}"), prepare(row["text"])]
            starts = {_flat(row["name"]), _flat(file_no), *pinyin.keys(row["name"])}
            if all(
                any(f" {' '.join(term.tokens)} " in f" {field} " for field in fields)
                or (not term.exact and any(start.startswith(term.joined) for start in starts))
                for term in terms
            ):
                found.add(file_no)
        return found


def _flat(text: str) -> str:
    return prepare(text).replace(" ", "")


CORPUS = Corpus()
QUERIES = [
    *WORDS, *NAMES, "张", "李", "合同", "客服", "服务", "礼仪", "礼仪投诉", "同劳",
    "zw", "zhangwei", "sxh", "shan", "oyrx",
    "KF-2013", "KF-2013-00001", "kf2013", "00042", "第42号", "42", "張偉", "優秀", "Ｅｘｃｅｌｌｅｎｔ", "zzz", "龘",
    *(f"{name} {word}" for name in NAMES[:7] for word in WORDS[:9]),
    *(f'"{word}" {n}' for word in WORDS[:6] for n in (3, 77, 120, 299)),
]  # fmt: skip


@pytest.fixture(scope="module")
def reader(make: Make) -> Reader:
    reader, writer = make()
    writer.rebuild((file_no, CORPUS.documents(file_no)) for file_no in CORPUS.rows)
    return reader


def found(reader: Reader, query: Query) -> set[str]:
    return {hit.file_no for hit in reader.search(query).hits}


def test_there_are_enough_queries() -> None:
    """The contract is asked more than 120 questions."""
    assert len(set(QUERIES)) >= 120


@pytest.mark.parametrize("text", sorted(set(QUERIES)))
def test_the_engine_finds_what_is_there(reader: Reader, text: str) -> None:
    """Hits and total are those of the plain search; typing errors apart, which only add."""
    terms = parse(text)
    wanted = CORPUS.truth(terms)
    result = reader.search(Query(Kind.FILES, ALL, terms, size=400))
    hits = {hit.file_no for hit in result.hits}
    assert result.total == len(result.hits) == len(hits)
    if any(term.edits for term in terms):
        assert wanted <= hits
    else:
        assert hits == wanted


@pytest.mark.parametrize("typed", ["Excelent", "Certificte", "Excellemt"])
def test_a_typing_error_is_forgiven(reader: Reader, typed: str) -> None:
    """A Latin word with a missing or wrong letter still finds the right one."""
    right = "Excellent" if typed.startswith("Ex") else "Certificate"
    assert found(reader, Query(Kind.FILES, ALL, parse(typed), size=400)) == CORPUS.truth(parse(right))


def test_facets_count_what_was_found(reader: Reader) -> None:
    """Each department's count is the number of hits when one filters by it."""
    terms = parse("合同")
    facets = dict(reader.search(Query(Kind.FILES, ALL, terms, facets=("department",))).facets["department"])
    for department in ("north", "south", "east"):
        filtered = Query(Kind.FILES, ALL, terms, {"department": (department,)}, size=400)
        assert found(reader, filtered) == CORPUS.truth(terms, department)
        assert facets[department] == len(CORPUS.truth(terms, department))


def test_scope_narrows_everything(reader: Reader) -> None:
    """Hits, total and facets never leave the scope; no clause finds nothing; a text field out of scope is not read."""
    scope = Scope(({"department": ("north",)},), ("own", "text"))
    assert found(reader, Query(Kind.FILES, scope, parse("合同"), size=400)) == CORPUS.truth(parse("合同"), "north")
    facets = reader.search(Query(Kind.FILES, scope, facets=("department",))).facets["department"]
    assert [value for value, _ in facets] == ["north"]
    assert found(reader, Query(Kind.FILES, Scope(), parse("合同"))) == set()
    assert found(reader, Query(Kind.FILES, Scope(({},), ("own",)), parse("劳动合同"), size=400)) == set()


def test_drafts_of_others_are_left_out(reader: Reader) -> None:
    """Drafts are found by their author alone, whatever else the scope reaches."""
    scope = Scope(({},), ("own", "text"), drafts_of="hr")
    others = {no for no, row in CORPUS.rows.items() if (row["state"], row["author"]) == ("draft", "clerk")}
    assert others
    assert found(reader, Query(Kind.FILES, scope, parse("合同"), size=400)) == CORPUS.truth(parse("合同")) - others
    assert found(reader, Query(Kind.FILES, ALL, parse("合同"), size=400)) == CORPUS.truth(parse("合同"))


@pytest.mark.parametrize("sort", ["name", "-name", "file_no", "-file_no", "hire_date", "-hire_date"])
def test_sorting(reader: Reader, sort: str) -> None:
    """Hits come in the order that was asked for, and pages follow each other."""
    keys = {
        "name": lambda no: pinyin.sort_key(CORPUS.rows[no]["name"]),
        "file_no": lambda no: no,
        "hire_date": lambda no: CORPUS.rows[no]["hired"],
    }
    key = keys[sort.removeprefix("-")]
    pages = [reader.search(Query(Kind.FILES, ALL, sort=sort, offset=at, size=100)).hits for at in (0, 100, 200)]
    shown = [key(hit.file_no) for page in pages for hit in page]
    assert shown == sorted(shown, reverse=sort.startswith("-"))
    assert len(shown) == 300


@pytest.mark.parametrize("sort", ["name", "-name", "hire_date", "-file_no"])
def test_a_list_goes_on_after_any_hit(reader: Reader, sort: str) -> None:
    """Pages that each go on after the last one's key hold every hit once, in one order, and the same total."""
    seen, after = [], ""
    while True:
        page = reader.search(Query(Kind.FILES, ALL, sort=sort, after=after, size=37))
        assert page.total == 300
        seen += [hit.file_no for hit in page.hits]
        if not page.next:
            break
        after = page.next
    whole = reader.search(Query(Kind.FILES, ALL, sort=sort, size=300))
    assert seen == [hit.file_no for hit in whole.hits]
    assert whole.next == ""


def test_a_quoted_word_is_meant_as_it_stands(reader: Reader) -> None:
    """In quotes a word neither begins another nor has typing errors; without them it may."""
    for typed in ("Excelent", "zhangw", "KF-201"):
        assert found(reader, Query(Kind.FILES, ALL, parse(typed), size=400))
        assert found(reader, Query(Kind.FILES, ALL, parse(f'"{typed}"'), size=400)) == set()


def test_a_name_is_no_number(reader: Reader) -> None:
    """The name's own box finds by name and pinyin, and never by the beginning of a number."""
    assert found(reader, Query(Kind.FILES, ALL, name=parse("zhangw"), size=400))
    assert found(reader, Query(Kind.FILES, ALL, name=parse("KF-2013"), size=400)) == set()


def test_hire_dates_are_a_range(reader: Reader) -> None:
    """Both ends of a range count, and either may be open."""
    hits = found(reader, Query(Kind.FILES, ALL, ranges={"hire_date": (20120103, 20120105)}, size=50))
    assert sorted(CORPUS.rows[no]["hired"] for no in hits) == [20120103, 20120104, 20120105]
    assert reader.search(Query(Kind.FILES, ALL, ranges={"hire_date": (20120396, None)})).total == 5


def test_writing_replaces_and_forgets(make: Make) -> None:
    """A file's documents are replaced as a whole, and go when there are none."""
    reader, writer = make()
    writer.rebuild((no, CORPUS.documents(no)) for no in list(CORPUS.rows)[:10])
    first = next(iter(CORPUS.rows))
    writer.put([(first, [*CORPUS.documents(first)])])
    assert reader.search(Query(Kind.FILES, ALL)).total == 10
    writer.put([(first, [])])
    assert found(reader, Query(Kind.FILES, ALL, parse(first))) == set()


def test_searches_go_on_during_a_rebuild(make: Make) -> None:
    """A reader that is in use sees the old index until the new one is swapped in, and never fails."""
    reader, writer = make()
    writer.rebuild((no, CORPUS.documents(no)) for no in list(CORPUS.rows)[:10])
    totals = []

    def slowly():
        for no in CORPUS.rows:
            totals.append(reader.search(Query(Kind.FILES, ALL)).total)
            yield no, CORPUS.documents(no)

    writer.rebuild(slowly())
    assert set(totals) == {10}
    assert reader.search(Query(Kind.FILES, ALL)).total == 300


def test_no_search_fails_at_the_swap(make: Make) -> None:
    """People who search while the index is built anew and swapped, again and again, get an answer each time."""
    reader, writer = make()
    some = list(CORPUS.rows)[:20]
    writer.rebuild((no, CORPUS.documents(no)) for no in some)
    answers: list[object] = []
    stop = threading.Event()

    def searching() -> None:
        while not stop.is_set():
            try:
                answers.append(reader.search(Query(Kind.FILES, ALL, facets=("department",))).total)
            except EngineDown as down:
                answers.append(down)

    people = [threading.Thread(target=searching) for _ in range(4)]
    for one in people:
        one.start()
    for _ in range(8):
        writer.rebuild((no, CORPUS.documents(no)) for no in some)
    stop.set()
    for one in people:
        one.join()
    assert len(answers) > 8
    assert set(answers) == {20}


def test_no_index_is_said(make: Make) -> None:
    """Without an index the engine says that it is down instead of finding nothing."""
    with pytest.raises(EngineDown):
        make()[0].search(Query(Kind.FILES, ALL))


def test_an_index_of_another_version_is_none(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an upgrade the engine says that it is down until the index is built anew, and misses nothing."""
    reader, writer = make()
    with monkeypatch.context() as before:
        before.setattr(embedded, "_SCHEMA_VERSION", "0")
        before.setattr(elastic, "_SCHEMA", "0")
        writer.rebuild((file_no, CORPUS.documents(file_no)) for file_no in CORPUS.rows)
        assert writer.live()
    assert not writer.live()
    with pytest.raises(EngineDown):
        reader.search(Query(Kind.FILES, ALL, parse("客服")))
    writer.rebuild((file_no, CORPUS.documents(file_no)) for file_no in CORPUS.rows)
    assert reader.search(Query(Kind.FILES, ALL)).total == len(CORPUS.rows)


@pytest.mark.parametrize("sort", SORTS)
def test_the_last_hit_is_on_a_numbered_page(make: Make, sort: str) -> None:
    """The hundredth page of a hundred is answered in any order, empty as it may be."""
    reader, writer = make()
    writer.rebuild((file_no, CORPUS.documents(file_no)) for file_no in list(CORPUS.rows)[:3])
    found = reader.search(Query(Kind.FILES, ALL, sort=sort, size=100, offset=LAST_HIT - 100))
    assert (found.total, found.hits) == (3, ())


def test_a_long_word_must_be_right_to_its_end(make: Make) -> None:
    """A term longer than the kept beginnings does not match what merely begins like it."""
    name = "阿卜杜买买提阿卜杜买买提阿卜杜买买提阿卜杜买买提"
    long_one = Document(
        "file/L",
        Kind.FILES,
        1,
        "a",
        {"file_no": ("L",)},
        {},
        {"own": "x", "name": "x"},
        {"name_prefix": tuple(pinyin.prefixes(name))},
    )
    reader, writer = make()
    writer.rebuild(iter([("L", [long_one])]))
    assert reader.search(Query(Kind.FILES, ALL, parse(name[:20]))).total == 1
    assert reader.search(Query(Kind.FILES, ALL, parse(name[:20] + "错"))).total == 0
