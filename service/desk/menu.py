"""The menu by role: at most seven entries. Permissions are asked again by every operation. Pure."""

from dataclasses import dataclass

from service.person import Person, Role


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu; it also stands for the pages `within` it."""

    endpoint: str
    label: str
    icon: str
    within: tuple[str, ...] = ()


HOME = Entry("desk.home", "首页", "house")
WORK = Entry("work.page", "我的工作", "inbox")
SEARCH = Entry("search.page", "检索", "search")
FILES = Entry(
    "files.list_files", "档案", "folder2", ("desk.file_page", "files.edit_page", "records.detail", "scans.viewer")
)
OPEN = Entry("intake.open_page", "建档", "folder-plus", ("intake.import_page", "intake.check"))
ACCOUNTS = Entry("administration.accounts_page", "账号", "people")
SETTINGS = Entry("administration.settings_page", "设置", "sliders")
TRAIL = Entry("administration.trail_page", "审计", "list-check")
HEALTH = Entry("administration.health_page", "运行状况", "activity")

VIEWING = Entry("viewing.list_requests", "查阅借阅", "eyeglasses")
FAILED = Entry("scans.failed", "识别失败", "exclamation-triangle")

LENDING = Entry("lending.desk", "借还台", "arrow-left-right")
LOANS = Entry("lending.register", "借阅登记簿", "journal-text")
PLACES = Entry("places.rooms", "库房", "building")
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
    Role.AUDITOR: (HOME, TRAIL, LOANS),
}
ROLES: dict[Role, str] = {
    Role.AGENT: "客服员", Role.CLERK: "部门文员", Role.HEAD: "部门负责人", Role.HR: "人力资源",
    Role.ARCHIVIST: "档案管理员",
    Role.ARCHIVES_HEAD: "档案管理部门负责人", Role.LEADERSHIP: "公司领导", Role.ADMIN: "系统管理员",
    Role.AUDITOR: "审计员", Role.NONE: "未分配角色", Role.SYSTEM: "系统",
}  # fmt: skip


def menu(person: Person) -> tuple[Entry, ...]:
    return MENU.get(person.role, (HOME,))
