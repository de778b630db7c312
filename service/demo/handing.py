"""The demo's submissions: what waits to be checked, what came back with a reason, and a supplement with its clock."""

import io

from service.bootstrap import Archive
from service.demo.drawing import draw
from service.intake.submissions.rules import Event, spread
from service.person import Person, Role

_CLERK = Person("clerk", "周文", Role.CLERK, "north")
_ARCHIVIST = Person("archivist", "钱芳", Role.ARCHIVIST, "archives")


def hand_in(archive: Archive) -> None:
    """A survey of four agents, a certificate that came back, and a promotion with its paper."""
    files = archive.files.list(_CLERK, size=6)[0]
    if len(files) < 6:
        return
    course = {"date": "2026-10-12", "course": "年终服务质量复盘"}
    scores = [{"file_no": file.file_no, "score": score} for file, score in zip(files, (90, 84, 77, 95), strict=False)]
    archive.submissions.create(_CLERK, spread("training", "internal", course, scores), remark="十月集中培训")
    certificate = {"date": "2026-09-01", "certificate": "客户服务管理师（高级）"}
    sent = archive.submissions.create(
        _CLERK, spread("career", "qualification", certificate, [{"file_no": files[4].file_no}])
    )  # fmt: skip
    reason = {"reason": "没有附证书扫描件，请补传后重新提交"}
    archive.submissions.take(_ARCHIVIST, sent.id, Event.SEND_BACK, sent.version, reason)
    promotion = {"date": "2026-11-02", "from_post": "客服专员", "to_post": "客服组长"}
    made = archive.supplements.create(_CLERK, spread("career", "promotion", promotion, [{"file_no": files[5].file_no}]))
    paper = ["岗位变动通知", f"姓名：{files[5].name}", "原岗位：客服专员", "新岗位：客服组长", "生效日期：2026-11-02"]
    archive.scans.upload(_CLERK, made.records[0].id, io.BytesIO(draw(paper, 77)), "岗位变动通知.jpg")
    archive.supplements.take(_CLERK, made.id, Event.SUBMIT, made.version, {})
