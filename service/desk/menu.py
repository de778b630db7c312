"""The menu by role: at most seven entries. Permissions are asked again by every operation. Pure."""

from dataclasses import dataclass

from service.person import Person, Role


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu; it also stands for the pages, and for all pages of the rooms, that are `within` it.
    `about` says what one does there."""

    endpoint: str
    label: str
    icon: str
    within: tuple[str, ...] = ()
    about: str = ""


HOME = Entry("desk.home", "首页", "house")
WORK = Entry(
    "work.page",
    "我的工作",
    "inbox",
    ("work", "submissions", "supplements", "handed"),
    about="等您办理的、您提出的、已逾期的事项",
)
SEARCH = Entry("search.page", "检索", "search")
FILES = Entry(
    "files.list_files", "档案", "folder2", ("desk.file_page", "files.edit_page", "records.detail", "scans.viewer")
)
OPEN = Entry("intake.open_page", "建档", "folder-plus", ("intake.import_page", "intake.check"))
ACCOUNTS = Entry("administration.accounts_page", "账号", "people", about="建立、停用登录账号，重置密码，管理部门")
SETTINGS = Entry("administration.settings_page", "设置", "sliders", about="制度留给公司决定的各项，以及自定义的字段")
TRAIL = Entry("administration.trail_page", "审计", "list-check", about="谁在何时查看、修改了什么；轨迹不能更改")
HEALTH = Entry("administration.health_page", "运行状况", "activity", about="各部分是否正常，主密钥的副本是否保存")

VIEWING = Entry(
    "viewing.list_requests", "查阅借阅", "eyeglasses", ("viewing", "lending", "pledging", "registers"),
    about="查阅与借阅申请的填写、签批和登记",
)  # fmt: skip
FAILED = Entry("scans.failed", "识别失败", "exclamation-triangle")

LENDING = Entry("lending.desk", "借还台", "arrow-left-right", ("loans.page",))
VIEWS = Entry("registers.views", "查阅登记簿", "journal-check")
LOANS = Entry("loans.page", "借阅登记簿", "journal-text")
HANDED = Entry("handed.start", "移交登记簿", "journal-arrow-down", ("handed",))
CARED = Entry("care_registers.inspections", "看护登记簿", "journal-medical", ("care_registers", "care"))
PLACES = Entry("places.rooms", "库房", "building", ("places", "care", "care_registers"))
SUPERVISION = Entry("supervision.overview", "监督检查", "clipboard-check", ("supervision",))
_KEEPER = (HOME, WORK, SEARCH, FILES, OPEN, VIEWING, FAILED)
_ARCHIVIST = (HOME, WORK, SEARCH, FILES, VIEWING, LENDING, PLACES)
MENU: dict[Role, tuple[Entry, ...]] = {
    Role.AGENT: (HOME, WORK, SEARCH),
    Role.CLERK: (HOME, WORK, SEARCH, FILES, VIEWING),
    Role.HEAD: (HOME, WORK, SEARCH, FILES, VIEWING),
    Role.LEADERSHIP: (HOME, WORK, VIEWING, SUPERVISION),
    Role.HR: _KEEPER,
    Role.ARCHIVIST: _ARCHIVIST,
    Role.ARCHIVES_HEAD: _ARCHIVIST,
    Role.ADMIN: (HOME, ACCOUNTS, SETTINGS, TRAIL, HEALTH),
    Role.AUDITOR: (HOME, TRAIL, VIEWS, LOANS, HANDED, CARED, SUPERVISION),
}
ROLES: dict[Role, str] = {
    Role.AGENT: "客服员", Role.CLERK: "部门文员", Role.HEAD: "部门负责人", Role.HR: "人力资源",
    Role.ARCHIVIST: "档案管理员",
    Role.ARCHIVES_HEAD: "档案管理部门负责人", Role.LEADERSHIP: "公司领导", Role.ADMIN: "系统管理员",
    Role.AUDITOR: "审计员", Role.NONE: "未分配角色", Role.SYSTEM: "系统",
}  # fmt: skip


def menu(person: Person) -> tuple[Entry, ...]:
    return MENU.get(person.role, (HOME,))


def here(person: Person, endpoint: str) -> Entry | None:
    """The entry that a page belongs to: its own, else the one that names it, else the one that names its room."""
    entries, room = menu(person), endpoint.partition(".")[0]
    own = [entry for entry in entries if entry.endpoint == endpoint]
    named = [entry for wanted in (endpoint, room) for entry in entries if wanted in entry.within]
    return next(iter([*own, *named]), None)
