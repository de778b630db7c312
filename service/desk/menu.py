"""The menu by role: at most seven entries. Permissions are asked again by every operation. Pure."""

from dataclasses import dataclass

from service.person import Person, Role


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu; it also stands for the pages `within` it. `about` says what one does there."""

    endpoint: str
    label: str
    icon: str
    within: tuple[str, ...] = ()
    about: str = ""


HOME = Entry("desk.home", "首页", "house")
_HANDED = ("list_cases", "choose", "new_page", "detail")
WORK = Entry(
    "work.page", "我的工作", "inbox",
    ("work.notices", "work.away_page", "work.relatives_page",
     *(f"{word}.{page}" for word in ("submissions", "supplements") for page in _HANDED)),
    about="等您办理的、您提出的、已逾期的事项",
)  # fmt: skip
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
    "viewing.list_requests", "查阅借阅", "eyeglasses",
    ("viewing.detail", "viewing.ask_page", "viewing.paper", "lending.mine", "lending.ask_page", "lending.detail",
     "lending.slip", "pledging.read"),
    about="查阅与借阅申请的填写、签批和登记",
)  # fmt: skip
FAILED = Entry("scans.failed", "识别失败", "exclamation-triangle")

LENDING = Entry("lending.desk", "借还台", "arrow-left-right")
VIEWS = Entry("registers.views", "查阅登记簿", "journal-check")
LOANS = Entry("lending.register", "借阅登记簿", "journal-text")
PLACES = Entry(
    "places.rooms", "库房", "building",
    ("places.inside", "places.labels_page", "places.stocktake", "care.room", "care.keeper", "care.duty",
     "care.inspections", "care.trainings"),
)  # fmt: skip
_KEEPER = (HOME, WORK, SEARCH, FILES, OPEN, VIEWING, FAILED)
_ARCHIVIST = (HOME, WORK, SEARCH, FILES, VIEWING, LENDING, PLACES)
MENU: dict[Role, tuple[Entry, ...]] = {
    Role.AGENT: (HOME, WORK, SEARCH),
    Role.CLERK: (HOME, WORK, SEARCH, FILES, VIEWING),
    Role.HEAD: (HOME, WORK, SEARCH, FILES, VIEWING),
    Role.LEADERSHIP: (HOME, WORK, VIEWING),
    Role.HR: _KEEPER,
    Role.ARCHIVIST: _ARCHIVIST,
    Role.ARCHIVES_HEAD: _ARCHIVIST,
    Role.ADMIN: (HOME, ACCOUNTS, SETTINGS, TRAIL, HEALTH),
    Role.AUDITOR: (HOME, TRAIL, VIEWS, LOANS),
}
ROLES: dict[Role, str] = {
    Role.AGENT: "客服员", Role.CLERK: "部门文员", Role.HEAD: "部门负责人", Role.HR: "人力资源",
    Role.ARCHIVIST: "档案管理员",
    Role.ARCHIVES_HEAD: "档案管理部门负责人", Role.LEADERSHIP: "公司领导", Role.ADMIN: "系统管理员",
    Role.AUDITOR: "审计员", Role.NONE: "未分配角色", Role.SYSTEM: "系统",
}  # fmt: skip


def menu(person: Person) -> tuple[Entry, ...]:
    return MENU.get(person.role, (HOME,))
