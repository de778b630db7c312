"""The one cast of all tests and of the demo, as people and as accounts."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from bson import ObjectId

from service.access.grants import Pass, Purpose
from service.bootstrap import Archive
from service.person import Person, Role

PASSWORD = "dangan-demo"
DEPARTMENTS = {
    "north": "北方客服部",
    "south": "南方客服部",
    "hr": "人力资源部",
    "archives": "档案室",
    "office": "总经理办公室",
}
CAST = {
    "agent": Person("agent", "林晓", Role.AGENT, "north", "KF-2021-00001"),
    "clerk": Person("clerk", "周文", Role.CLERK, "north"),
    "head": Person("head", "吴敏", Role.HEAD, "north"),
    "head2": Person("head2", "郑强", Role.HEAD, "south"),
    "hr": Person("hr", "孙丽", Role.HR, "hr"),
    "archivist": Person("archivist", "钱芳", Role.ARCHIVIST, "archives"),
    "archives": Person("archives", "赵刚", Role.ARCHIVES_HEAD, "archives"),
    "leadership": Person("leadership", "冯总", Role.LEADERSHIP, "office"),
    "admin": Person("admin", "陈工", Role.ADMIN, "office"),
    "auditor": Person("auditor", "褚明", Role.AUDITOR, "office"),
    "stranger": Person("stranger", "卫来", Role.NONE),
}


def holding(archive: Archive, name: str, file_no: str, origin: str = "", **limits: Any) -> Person:
    """One of the cast with a pass for a file that has just begun and runs an hour, and the pledge signed."""
    now = archive.clock.now()
    given = {"purpose": Purpose.BUSINESS, "start": now, "until": now + timedelta(hours=1), **limits}
    one = Pass(str(ObjectId()), name, (file_no,), **given)
    archive.store.transact(lambda tx: archive.passes.give(tx, one))
    return equipped(archive, name, origin)


def equipped(archive: Archive, name: str, origin: str = "", purpose: str = "") -> Person:
    """One of the cast as a request of theirs finds them now, with the pledge signed."""
    return archive.passes.equipped(replace(CAST[name], origin=origin), purpose, archive.pledges.version())
