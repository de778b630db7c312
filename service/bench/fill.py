"""A large archive of invented people, by the operation that opens files in bulk, and pages that nobody scanned."""

import random

from service.audit.trail import file_chain
from service.bench.house import DEPARTMENTS, HR
from service.bootstrap import Archive
from service.files.rules import File
from service.intake.rules import Entry, Given
from service.person import SYSTEM
from service.records.rules import Record
from service.scans.repository import new_id
from service.scans.rules import Page, Scan, State, Word
from service.store.blobs import Blob
from service.store.connection import Transaction

BATCH = 250
_PAGES = 10
"""Pages of one scan."""
_SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
)
_GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂晓文华建国志红梅玲玉春海龙波宁浩宇欣怡子涵梓轩"
_PHRASES = (
    "劳动合同书", "甲方：长青客户服务有限公司", "经双方平等协商一致，订立本合同", "客户服务专员", "服务礼仪培训",
    "投诉处理技巧", "毕业证书", "修完全部课程，成绩合格，准予毕业", "年度考核等级：优秀", "客户满意度评分",
    "岗位职责", "试用期三个月", "工资标准按公司薪酬制度执行", "荣誉证书", "特发此证，以资鼓励", "质检抽查记录",
)  # fmt: skip


def fill(archive: Archive, files: int, records: int, pages: int, seed: int = 7) -> None:
    """Open `files` files with `records` records in all, and give the first of them `pages` pages."""
    chance = random.Random(seed)  # noqa: S311 - invented people
    each, left = records // files, pages
    for start in range(0, files, BATCH):
        entries = [_entry(chance, each) for _ in range(min(BATCH, files - start))]
        made = archive.opening.open_all(HR, entries, confirmed=True)
        give = min(left, pages * BATCH // files + 1)
        if give >= _PAGES:
            _pages(archive, chance, made[: give // _PAGES])
            left -= give // _PAGES * _PAGES


def _entry(chance: random.Random, records: int) -> Entry:
    name = chance.choice(_SURNAMES) + "".join(chance.choices(_GIVEN, k=chance.choice((1, 2, 2))))
    year = chance.randint(2008, 2025)
    given = {
        "name": name, "department": chance.choice(tuple(DEPARTMENTS)), "post": "客服专员",
        "hire_date": f"{year}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
    }  # fmt: skip
    made = [Given("onboarding", "contract", {
        "number": f"HT-{year}-{chance.randint(0, 99999):05}", "start": given["hire_date"], "type": "fixed",
    })]  # fmt: skip
    for _ in range(records - 1):
        day = f"{chance.randint(year, 2026)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        course = chance.choice(_PHRASES) + chance.choice(("初级", "中级", "高级"))
        made.append(Given("training", "internal", {"date": day, "course": course, "score": chance.randint(60, 100)}))
    return Entry(given, tuple(made[:records]))


def _pages(archive: Archive, chance: random.Random, files: list[File]) -> None:
    """A scan of some pages for each file's first record, as reading would have left it; its images lie nowhere."""
    records = {file.file_no: next(iter(archive.kept_records.of_file(file.file_no, 1))) for file in files}
    for record in records.values():
        archive.kept_scans.place(record.id)

    def work(tx: Transaction) -> None:
        for file_no, record in records.items():
            scan, pages = _scan(chance, record)
            archive.kept_scans.add(tx, scan, 1)
            for page in pages:
                archive.kept_scans.put_page(tx, file_no, page)
            archive.audit.append(tx, SYSTEM, "scan.read", subject=file_chain(file_no), ids={"scan": scan.id})

    archive.store.transact(work, queue=[file_chain(file_no) for file_no in records])


def _scan(chance: random.Random, record: Record) -> tuple[Scan, list[Page]]:
    scan_id = new_id()
    none = Blob(f"{record.file_no}/{scan_id}", 0, "", b"")
    scan = Scan(scan_id, record.id, record.file_no, "image/jpeg", "a.jpg", none, State.SEARCHABLE, _PAGES)
    return scan, [_page(chance, scan_id, number, none) for number in range(1, _PAGES + 1)]


def _page(chance: random.Random, scan_id: str, number: int, none: Blob) -> Page:
    text = "\n".join(chance.choices(_PHRASES, k=14)) + f"\n编号：{chance.randint(0, 10**8):08}"
    signs = [(at, sign) for at, sign in enumerate(text) if not sign.isspace()]
    words = tuple(Word(at, sign, (at % 30 / 30, at // 30 / 40, 0.03, 0.02), 0.98) for at, sign in signs)
    return Page(scan_id, number, 1200, 1600, text, words, none, none)
