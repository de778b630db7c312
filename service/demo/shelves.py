"""The demo's paper: a room with cabinets and boxes, and the newest files' bags in them."""

from service.bootstrap import Archive
from service.person import Person, Role
from service.places.rules import Kind

_ARCHIVIST = Person("archivist", "钱芳", Role.ARCHIVIST, "archives")
_BOXES = (("在职 甲", "basic"), ("在职 乙", "basic"), ("合同", "onboarding"), ("离职", ""))


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
