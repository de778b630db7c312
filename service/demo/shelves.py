"""The demo's paper: a room with cabinets and boxes, the newest files' bags in them, and how it is looked after."""

from datetime import timedelta

from service.bootstrap import Archive
from service.circulation.lending.rules import Event
from service.person import Person, Role
from service.places.rules import Kind

_ARCHIVIST = Person("archivist", "钱芳", Role.ARCHIVIST, "archives")
_BOXES = (("在职 甲", "basic"), ("在职 乙", "basic"), ("合同", "onboarding"), ("离职", ""))


_CHIEF = Person("archives", "赵刚", Role.ARCHIVES_HEAD, "archives")
_FACILITIES = (("fire", "七氟丙烷灭火装置", 30, 2), ("damp", "除湿机", 14, 9), ("camera", "一号库房监控", 30, 21))
"""Kind, name, inspected every so many days, and in how many it is due."""


def look_after(archive: Archive) -> None:
    """Facilities with their plans, one of which falls due, and the designated archivist."""
    today = archive.clock.today()
    for kind, name, every, days in _FACILITIES:
        due = (today + timedelta(days=days)).isoformat()
        given = {"kind": kind, "name": name, "where": "一号库房", "every_days": str(every), "due": due}
        archive.care.add_facility(_CHIEF, given)
    archive.care.add_keeper(_CHIEF, "archivist")
    training = {"subject": "保密制度与案例", "day": (today - timedelta(days=40)).isoformat(), "hours": "2"}
    archive.care.note_training(_CHIEF, "archivist", training)
    archive.care.remind()


def shelve(archive: Archive, most: int = 24) -> None:
    """Lay the newest files into boxes, six to each."""
    places = archive.places
    room = places.add(_ARCHIVIST, Kind.ROOM, "", {"name": "一号库房"})
    cabinet = places.add(_ARCHIVIST, Kind.CABINET, room.code, {"name": "客服员档案柜"})
    shelf = places.add(_ARCHIVIST, Kind.SHELF, cabinet.code, {"name": "上层"})
    boxes = [
        places.add(
            _ARCHIVIST, Kind.BOX, shelf.code, {"name": name, "capacity": "30", "category": category, "year": "2026"}
        )
        for name, category in _BOXES
    ]
    for number, file in enumerate(archive.files.list(_ARCHIVIST, size=most)[0]):
        places.put(_ARCHIVIST, file.file_no, boxes[number * len(boxes) // most].code)


def lend(archive: Archive) -> None:
    """The south's head has a bag at home, due in three days; a clerk's application waits for the north's head."""
    clerk, head = Person("clerk", "周文", Role.CLERK, "north"), Person("head2", "郑强", Role.HEAD, "south")
    files = archive.files.list(_ARCHIVIST, size=2)[0]
    if len(files) < 2:
        return
    today = archive.clock.today()
    given = {"items": files[1].file_no, "reason": "劳动争议仲裁需要出示原件"}
    lent = archive.lending.ask(head, {**given, "until": (today + timedelta(days=3)).isoformat()}).case
    archive.pledging.sign(head, archive.pledging.read(head).text.version)
    archive.lending.take(_CHIEF, lent.id, Event.APPROVE, None, {})
    archive.lending.take(_ARCHIVIST, lent.id, Event.HAND_OVER, None, {})
    given = {"items": files[0].file_no, "reason": "核对毕业证书原件", "until": (today + timedelta(days=7)).isoformat()}
    archive.lending.ask(clerk, given)
