"""The one policy: a table of role x action x reach, kept as data, answering a Decision. Pure.

The rights are those of the policy's "The people", with I4; whoever has no row may do nothing, but for what a viewing
pass lets them see (V2). Passes come with the person: those alone that open now and where they are.
"""

from dataclasses import dataclass
from enum import StrEnum

from service.access.grants import DIRECT, Pass, Purpose
from service.person import Person, Role


class Action(StrEnum):
    """What a person can want."""

    READ_FILE = "file.read"
    OPEN_FILE = "file.open"
    EDIT_FILE = "file.edit"
    READ_RECORD = "record.read"
    ADD_RECORD = "record.add"
    EDIT_RECORD = "record.edit"
    CHECK_RECORD = "record.check"
    READ_SCAN = "scan.read"
    ADD_SCAN = "scan.add"
    ARRANGE_SCAN = "scan.arrange"
    READ_ORIGINAL = "scan.original"
    SEARCH = "search"
    EXPORT = "search.export"
    READ_PLACES = "places.read"
    KEEP_PLACES = "places.keep"
    ASK_LOAN = "loans.ask"
    SIGN_LOAN = "loans.sign"
    APPROVE_LOAN = "loans.approve"
    HANDLE_LOAN = "loans.handle"
    READ_LOANS = "loans.read"
    READ_CARE = "care.read"
    INSPECT = "care.inspect"
    KEEP_CARE = "care.keep"
    READ_TRAIL = "trail.read"
    KEEP_ACCOUNTS = "accounts.keep"
    KEEP_SETTINGS = "settings.keep"
    READ_HEALTH = "health.read"
    ASK_VIEWING = "viewing.ask"
    SIGN_VIEWING = "viewing.sign"
    GRANT_VIEWING = "viewing.grant"
    READ_VIEWS = "views.read"
    READ_HANDED = "handed.read"
    SUBMIT = "submissions.submit"
    CHECK_SUBMISSION = "submissions.check"
    SUPERVISE = "supervision.read"  # what is left undone, in numbers
    LIST_UNDONE = "supervision.list"
    KEEP_DEPUTIES = "deputies.keep"
    KEEP_RELATIVES = "relatives.keep"


class Reach(StrEnum):
    """How far a right goes."""

    ALL = "all"
    DEPARTMENT = "department"  # files of the person's own department
    AUTHORED = "authored"  # what the person wrote or submitted: filed, in their own department; until then, anywhere
    OWN = "own"  # the person's own file
    HOUSE = "house"  # the installation, which is no file


@dataclass(frozen=True, slots=True)
class Right:
    """One cell of the table. `masked` hides what the catalogue calls sensitive."""

    reach: Reach
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """What an action is about, in the few words that the policy needs; a page is one of `scan`."""

    file_no: str = ""
    department: str = ""
    author: str = ""
    state: str = "filed"
    status: str = "active"
    hidden_from_agent: bool = False
    category: str = ""
    record: str = ""
    scan: str = ""
    page: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer. `known` is whether the person may know that the thing exists at all.

    What is seen through a pass (`grant`) bears a watermark; `unsigned` says that it is refused for want of a pledge.
    """

    allowed: bool
    known: bool
    masked: bool = True
    original: bool = False
    watermark: bool = False
    unsigned: bool = False
    grant: Pass | None = None

    def reasons(self, person: Person) -> dict[str, str]:
        """What the trail says of why someone looked: the pass and what it is for, or what they said themselves (V4)."""
        if self.grant is not None:
            return {"pass": self.grant.id, "purpose": self.grant.purpose.value}
        return {"purpose": person.purpose} if person.purpose else {}


HOUSE = Subject(file_no="", state="")

_ALL, _MASKED, _IN_HOUSE = Right(Reach.ALL), Right(Reach.OWN, masked=True), Right(Reach.HOUSE)
_KEEPER: dict[Action, tuple[Right, ...]] = {
    action: (_ALL,) for action in Action if action.value.startswith(("file.", "record.", "scan.", "search"))
}
_ARCHIVIST = {
    **_KEEPER,
    **dict.fromkeys((Action.READ_PLACES, Action.KEEP_PLACES, Action.GRANT_VIEWING), (_IN_HOUSE,)),
    **dict.fromkeys((Action.ASK_LOAN, Action.HANDLE_LOAN, Action.READ_LOANS, Action.READ_VIEWS), (_IN_HOUSE,)),
    **dict.fromkeys((Action.SUBMIT, Action.CHECK_SUBMISSION, Action.READ_HANDED), (_IN_HOUSE,)),
    **dict.fromkeys((Action.READ_CARE, Action.INSPECT), (_IN_HOUSE,)),
}
_OWN = dict.fromkeys((Action.READ_FILE, Action.READ_RECORD, Action.READ_SCAN), (_MASKED,))
"""What one sees of one's own file, whatever one has become since (V1)."""
_ASKS = dict.fromkeys((Action.ASK_VIEWING, Action.ASK_LOAN), (_IN_HOUSE,))

TABLE: dict[Role, dict[Action, tuple[Right, ...]]] = {
    Role.AGENT: {
        **_OWN,
        Action.SEARCH: (_MASKED,),
    },
    Role.CLERK: {
        Action.READ_FILE: (Right(Reach.DEPARTMENT, masked=True), _MASKED),
        Action.ADD_RECORD: (Right(Reach.DEPARTMENT),),
        Action.READ_RECORD: (Right(Reach.AUTHORED), _MASKED),
        Action.EDIT_RECORD: (Right(Reach.AUTHORED),),
        Action.READ_SCAN: (Right(Reach.AUTHORED), _MASKED),
        Action.ADD_SCAN: (Right(Reach.AUTHORED),),
        Action.ARRANGE_SCAN: (Right(Reach.AUTHORED),),
        Action.READ_ORIGINAL: (Right(Reach.AUTHORED),),
        Action.SEARCH: (Right(Reach.DEPARTMENT, masked=True),),
        **_ASKS,
        Action.SUBMIT: (_IN_HOUSE,),
    },
    Role.HEAD: {
        **_OWN,
        Action.READ_FILE: (Right(Reach.DEPARTMENT, masked=True), _MASKED),
        Action.SEARCH: (Right(Reach.DEPARTMENT, masked=True),),
        Action.EXPORT: (Right(Reach.DEPARTMENT, masked=True),),
        **_ASKS,
        Action.SIGN_VIEWING: (_IN_HOUSE,),
        Action.SIGN_LOAN: (_IN_HOUSE,),
    },
    Role.HR: {
        **_KEEPER,
        **_ASKS,
        Action.READ_PLACES: (_IN_HOUSE,),
        Action.SUBMIT: (_IN_HOUSE,),
        Action.KEEP_RELATIVES: (_IN_HOUSE,),
    },
    Role.ARCHIVIST: _ARCHIVIST,
    Role.ARCHIVES_HEAD: {
        **_ARCHIVIST,
        Action.APPROVE_LOAN: (_IN_HOUSE,),
        Action.KEEP_CARE: (_IN_HOUSE,),
        Action.SUPERVISE: (_IN_HOUSE,),
        Action.LIST_UNDONE: (_IN_HOUSE,),
    },
    Role.LEADERSHIP: {**_OWN, **_ASKS, Action.APPROVE_LOAN: (_IN_HOUSE,), Action.SUPERVISE: (_IN_HOUSE,)},
    Role.ADMIN: {
        Action.KEEP_ACCOUNTS: (Right(Reach.HOUSE),),
        Action.KEEP_SETTINGS: (Right(Reach.HOUSE),),
        Action.READ_HEALTH: (Right(Reach.HOUSE),),
        Action.KEEP_DEPUTIES: (Right(Reach.HOUSE),),
        Action.KEEP_RELATIVES: (Right(Reach.HOUSE),),
        Action.READ_TRAIL: (Right(Reach.HOUSE),),
    },
    Role.AUDITOR: dict.fromkeys(
        (
            Action.READ_TRAIL,
            Action.READ_LOANS,
            Action.READ_VIEWS,
            Action.READ_HANDED,
            Action.READ_CARE,
            Action.SUPERVISE,
        ),
        (_IN_HOUSE,),
    ),
    Role.NONE: {},
    Role.SYSTEM: {
        Action.INSPECT: (_IN_HOUSE,),
        Action.READ_FILE: (_ALL,),
        Action.OPEN_FILE: (_ALL,),
        Action.EDIT_FILE: (_ALL,),
        Action.READ_RECORD: (_ALL,),
        Action.ADD_RECORD: (_ALL,),
        Action.CHECK_RECORD: (_ALL,),
        Action.READ_SCAN: (_ALL,),
        Action.ADD_SCAN: (_ALL,),
        Action.KEEP_ACCOUNTS: (Right(Reach.HOUSE),),
    },
}
"""A row that is missing is a refusal."""

KEEPERS = frozenset({Role.HR, Role.ARCHIVIST, Role.ARCHIVES_HEAD, Role.SYSTEM})
"""They see submitted records before these are filed, and sensitive values unmasked."""
HOLDERS = frozenset({role for role in TABLE if Action.ASK_VIEWING in TABLE[role]}) - KEEPERS
"""They see what a pass lets them see."""
_PASSED = frozenset({Action.READ_FILE, Action.READ_RECORD, Action.READ_SCAN, Action.READ_ORIGINAL})


def reach(person: Person, action: Action) -> Reach | None:
    """How far the person's role goes at all, for lists that are read within it; None for who has no such right."""
    return next((right.reach for right in TABLE[person.role].get(action, ())), None)


def says_purpose(person: Person) -> bool:
    """Whether the person looks directly, saying once a session what for: HR, each look registered (V3)."""
    return person.role is Role.HR


def purposes(person: Person) -> frozenset[Purpose]:
    """What the person may say that they look for."""
    return DIRECT if says_purpose(person) else frozenset(Purpose)


def asks_purpose(person: Person) -> bool:
    """Whether the person has still to say what they look at files for."""
    return says_purpose(person) and not person.purpose


def decide(person: Person, action: Action, subject: Subject = HOUSE) -> Decision:
    """Whether `person` may do `action` to `subject`, and what is shown of it."""
    right = _right(person, action, subject)
    if right is not None and _state_allows(person, action, subject):
        original = action is Action.READ_ORIGINAL or _right(person, Action.READ_ORIGINAL, subject) is not None
        return Decision(allowed=True, known=True, masked=right.masked, original=original)
    held = _held(person, action, subject)
    if held is not None and person.pledged:
        return Decision(True, True, held.masked, held.original, watermark=True, grant=held)
    if held is not None:
        return Decision(allowed=False, known=True, unsigned=True)
    known = right is not None or _knows(person, subject)
    return Decision(allowed=False, known=known and (right is None or not _is_part(action)))


def _held(person: Person, action: Action, subject: Subject) -> Pass | None:
    """The pass that shows most of those that let the person do this; filed records alone are seen through passes."""
    if action not in _PASSED or not subject.file_no or (_is_part(action) and subject.state != "filed"):
        return None
    if hides_opinion(person, subject):
        return None
    found = [
        one
        for one in person.passes
        if one.covers(subject.file_no, subject.category, subject.record, subject.scan, subject.page)
        and (one.original or action is not Action.READ_ORIGINAL)
    ]
    return min(found, key=lambda one: (one.masked, not one.original, one.id), default=None)


def _right(person: Person, action: Action, subject: Subject) -> Right | None:
    return next((r for r in TABLE[person.role].get(action, ()) if _reaches(person, r.reach, subject)), None)


def _reaches(person: Person, reach: Reach, subject: Subject) -> bool:
    if reach is Reach.HOUSE:
        return not subject.file_no
    if reach is Reach.ALL:
        return True
    if not subject.file_no:  # no file named yet: a search or a list, which the scope narrows
        return reach is not Reach.OWN or bool(person.file_no) or person.role is Role.AGENT
    if reach is Reach.OWN:
        return subject.file_no == person.file_no
    in_department = bool(person.department) and subject.department == person.department
    if reach is Reach.DEPARTMENT:
        return in_department
    # Where the agent has moved on meanwhile, a draft would be nobody's, and nobody could answer what came back.
    unfiled = bool(subject.author) and subject.state != "filed"
    return subject.author == person.account and (in_department or unfiled)


def _is_part(action: Action) -> bool:
    """Records and scans, whose existence is itself worth protecting."""
    return action not in (Action.READ_FILE, Action.OPEN_FILE, Action.EDIT_FILE, Action.ADD_RECORD)


def _knows(person: Person, subject: Subject) -> bool:
    """Whether the person may read the file that the subject belongs to, or the record itself."""
    if not subject.file_no:
        return person.role is not Role.NONE
    if _held(person, Action.READ_RECORD if subject.record else Action.READ_FILE, subject) is not None:
        return True
    if subject.author or subject.state != "filed":
        readable = _right(person, Action.READ_RECORD, subject) is not None
        return readable and _state_allows(person, Action.READ_RECORD, subject)
    return _right(person, Action.READ_FILE, subject) is not None


def hides_opinion(person: Person, subject: Subject) -> bool:
    """Whether it is what others think of the person, whatever their role; the company may let them read it (V1)."""
    return subject.hidden_from_agent and subject.file_no == person.file_no


_WRITING = frozenset({Action.EDIT_RECORD, Action.ADD_SCAN, Action.ARRANGE_SCAN})


def _state_allows(person: Person, action: Action, subject: Subject) -> bool:
    """Drafts are their author's alone; submitted and returned ones also the keepers', who alone change filed ones.

    What its author took back is theirs to read, and nobody's to change. Files have no such state.
    """
    if not _is_part(action) or not subject.file_no:
        return True
    if hides_opinion(person, subject):
        return False
    if subject.state == "draft":
        return subject.author == person.account
    if subject.state == "withdrawn":
        return subject.author == person.account and action not in _WRITING
    if subject.state in ("submitted", "returned"):
        return subject.author == person.account or person.role in KEEPERS
    return action not in _WRITING or person.role in KEEPERS
