"""Who is acting, from where, and with which passes. Pure; accounts themselves live in `access`."""

from dataclasses import dataclass
from enum import StrEnum

from service.access.grants import Pass


class Role(StrEnum):
    """The people of the policy; SYSTEM is our own programs."""

    AGENT = "agent"  # 客服员
    CLERK = "clerk"  # 部门文员
    HEAD = "head"  # 部门负责人
    HR = "hr"  # 人力资源
    ARCHIVIST = "archivist"  # 档案管理员
    ARCHIVES_HEAD = "archives_head"  # 档案管理部门负责人
    LEADERSHIP = "leadership"  # 公司领导
    ADMIN = "admin"  # 系统管理员
    AUDITOR = "auditor"  # 审计员
    NONE = "none"  # an account without a role
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who is logged in, as the operations see them.

    `account` is the log-in name and the id that events carry; `department` is a department's code;
    `file_no` is the number of the person's own file, where they have one; `origin` is the network
    address that the request came from; `language` the one they read, `zh` or `en`. `passes` are the viewing
    passes that open now and from there, and `pledged` is whether the pledge that they ask for is signed;
    `purpose` is what the person looks at files for in this session, where they said so; `temporary` is whether their
    password was given by somebody else and waits to be changed.
    """

    account: str
    name: str
    role: Role
    department: str | None = None
    file_no: str | None = None
    origin: str = ""
    language: str = "zh"
    passes: tuple[Pass, ...] = ()
    pledged: bool = False
    purpose: str = ""
    temporary: bool = False


SYSTEM = Person(account="system", name="系统", role=Role.SYSTEM)
