"""What can go wrong for a person, each with its HTTP status. Knows no web, no store.

    DanganError
    ├── Malformed 400          the request cannot be read at all
    ├── Unauthenticated 401    nobody is logged in
    ├── Forbidden 403          the person knows of the thing but may not do this
    │   └── PledgeUnsigned     they may, once the pledge is signed
    ├── NotFound 404           the thing is not there, or the person may not know of it
    ├── Conflict 409           someone was faster, or the step is not in the workflow's table
    ├── TooLarge 413
    ├── UnsupportedMedia 415
    ├── Invalid 422            values that break a rule, each named with its mend
    ├── TooManyRequests 429    wait, then try again
    └── Unavailable 503        an engine is missing; nothing was saved

A message is the Chinese source text of a translation, with `%(name)s` places for `values`; it never
carries what a person typed, nor personal data (RFC 9457 answers are built from it).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words with their values, put together in the reader's language."""

    message: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that is wrong: its catalogue or form name, and the mend in words."""

    name: str
    message: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


class DanganError(Exception):
    """The root. `message % values` is what the person reads."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"
    default: ClassVar[str] = "系统出错，本次操作没有保存"
    mend: ClassVar[tuple[str, str] | None] = None
    """Where the person can put it right: an address of a page, which the API has too, and its button."""

    def __init__(self, message: str | None = None, *, fields: Sequence[FieldError] = (), **values: Any) -> None:
        self.message = message or self.default
        self.fields = tuple(fields)
        self.values = values
        super().__init__(self.message % values if values else self.message)


class Malformed(DanganError):
    status, code, default = 400, "malformed", "请求的格式不正确"


class Unauthenticated(DanganError):
    status, code, default = 401, "unauthenticated", "请先登录"


class Forbidden(DanganError):
    status, code, default = 403, "forbidden", "您没有办理此事的权限"


class PledgeUnsigned(Forbidden):
    """A pass would show it, but the pledge in force is not signed (K3)."""

    code, default = "pledge-unsigned", "请先阅读并签署查阅承诺书，签署后即可查阅"
    mend = ("/pledge", "阅读并签署承诺书")


class NotFound(DanganError):
    status, code, default = 404, "not-found", "没有找到，或您无权知道它是否存在"


class Conflict(DanganError):
    """Someone was faster. `current` is what stands there now, for the page that shows both."""

    status, code, default = 409, "conflict", "内容已被他人修改，请核对后重试"

    def __init__(self, message: str | None = None, *, current: Any = None, **values: Any) -> None:
        super().__init__(message, **values)
        self.current = current


class TooLarge(DanganError):
    status, code, default = 413, "too-large", "文件太大"


class UnsupportedMedia(DanganError):
    status, code, default = 415, "unsupported-media", "不支持这种文件"


class Invalid(DanganError):
    status, code, default = 422, "invalid", "有内容需要更正"


class TooManyRequests(DanganError):
    """Too many tries. `retry_after` is in seconds."""

    status, code, default = 429, "too-many-requests", "尝试次数过多，请稍后再试"

    def __init__(self, message: str | None = None, *, retry_after: int, **values: Any) -> None:
        super().__init__(message, **values)
        self.retry_after = retry_after


class Unavailable(DanganError):
    status, code, default = 503, "unavailable", "服务暂时不可用，本次操作没有保存，请稍后重试"


class Uncertain(Unavailable):
    """The store went away in the middle of keeping it."""

    code, default = "uncertain", "存储服务中断，无法确认本次操作是否已经保存：请稍后查看结果，再决定是否重做"
