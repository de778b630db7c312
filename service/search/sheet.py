"""A result list as an Excel sheet. No store."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from service.search.operations import Hit
from service.web.sheets import written

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
    head = [words(title) for title in (*_HEAD, *_MORE[kind], *fields)]
    lines = []
    for hit in hits:
        cells = dict(hit.cells)
        more = [cells.get(label, "") for label in fields]
        lines.append((*_line(kind, hit, names, states), *more))
    return written(words("检索结果"), head, lines)


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
