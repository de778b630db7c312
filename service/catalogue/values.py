"""Reading one typed value by its kind: normalised, or refused with the mend. Pure."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta

from stdnum.cn import ric
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidFormat, InvalidLength, ValidationError

from service.catalogue.model import Field
from service.errors import Sentence

EARLIEST = "1900-01-01"
"""No day of a person's file lies before it."""
LONGEST = {"text": 200, "long": 5000}
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_PERIOD = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])|-Q([1-4]))?")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


class Refused(ValueError):
    """The value breaks its kind's rule; its `fault` says the mend, in Chinese, without the value."""

    def __init__(self, message: str, **values: object) -> None:
        self.fault = Sentence(message, values)
        super().__init__(str(self.fault))


def read(field: Field, value: object) -> object | None:
    """`value` as it is kept, or None where it is empty. Raises Refused."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool | dict | list):
        raise Refused("请填写一个值")
    text = unicodedata.normalize("NFC", str(value)).strip()
    return _READERS.get(field.kind, _text)(field, text)


def _text(field: Field, text: str) -> str:
    longest = LONGEST.get(field.kind, 200)
    if len(text) > longest:
        raise Refused("内容过长：最多 %(most)s 个字", most=longest)
    if any(unicodedata.category(sign) == "Cc" and sign not in "\n\r\t" for sign in text):
        raise Refused("含有不可见的控制字符：请重新输入")
    return text


def _date(field: Field, text: str) -> str:
    found = _DATE.fullmatch(unicodedata.normalize("NFKC", text))
    try:
        day = date(*(int(part) for part in found.groups())).isoformat() if found else _no_date()
    except ValueError as error:
        raise Refused("没有这一天：请按 2021-03-01 的格式填写") from error
    if day < EARLIEST:
        raise Refused("早于 1900 年：请检查年份")
    if field.past and day > _tomorrow():
        raise Refused("晚于今天：请检查年份")
    return day


def _tomorrow() -> str:
    """The last day that can be today anywhere: the office's clock is not asked here."""
    return (date.today() + timedelta(days=1)).isoformat()  # noqa: DTZ011


def _no_date() -> str:
    raise Refused("不是日期：请按 2021-03-01 的格式填写")


def _period(_field: Field, text: str) -> str:
    found = _PERIOD.fullmatch(text.upper())
    if found is None:
        raise Refused("不是周期：请填写月份 2025-06、季度 2025-Q2 或年份 2025")
    return found.group(0)


def _number(field: Field, text: str, kind: type[int] | type[float]) -> int | float:
    try:
        number = kind(text.replace(",", "").replace("，", ""))
    except ValueError as error:
        raise Refused("请填写整数" if kind is int else "请填写数字") from error
    if number != number or number in (float("inf"), float("-inf")):
        raise Refused("请填写数字")
    if field.min is not None and number < field.min:
        raise Refused("不能小于 %(least)s", least=f"{field.min:g}")
    if field.max is not None and number > field.max:
        raise Refused("不能大于 %(most)s", most=f"{field.max:g}")
    return number


def _choice(field: Field, text: str) -> str:
    for choice in field.choices:
        if text in (choice.code, choice.zh, choice.en):
            return choice.code
    raise Refused("请从列出的选项中选择")


def _id_number(_field: Field, text: str) -> str:
    """GB 11643. An unknown region is a warning elsewhere, not an error (design, Small facts)."""
    number = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    try:
        ric.validate(number)
    except InvalidComponent:
        pass  # the region, or the date
    except InvalidLength as error:
        raise Refused("身份证号码应为 18 位") from error
    except InvalidChecksum as error:
        raise Refused("校验码不符：请逐位核对") from error
    except (InvalidFormat, ValidationError) as error:
        raise Refused("身份证号码只能是 17 位数字加一位数字或 X") from error
    _id_parts(number)
    return number


def _id_parts(number: str) -> None:
    """What remains to be checked besides the region: a day of birth that can be, and the check digit."""
    try:
        birth = birth_date(number)
    except ValueError as error:
        raise Refused("第 7 至 14 位不是出生日期：请逐位核对") from error
    if not EARLIEST <= birth <= _tomorrow():
        raise Refused("第 7 至 14 位不是出生日期：请逐位核对")
    if ric.calc_check_digit(number) != number[-1]:
        raise Refused("校验码不符：请逐位核对")


def birth_date(id_number: str) -> str:
    """The date of birth that an ID number carries, ISO."""
    return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14])).isoformat()


def sex(id_number: str) -> str:
    """The sex that an ID number carries in its 17th digit."""
    return "male" if int(id_number[16]) % 2 else "female"


def known_region(id_number: str) -> bool:
    """Whether the first digits are a region that GB/T 2260 lists."""
    try:
        return bool(ric.get_birth_place(id_number))
    except InvalidComponent:
        return False


def _mobile(_field: Field, text: str) -> str:
    digits = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text)).removeprefix("+86").removeprefix("0086")
    if not _MOBILE.fullmatch(digits):
        raise Refused("手机号码应为 11 位数字，以 13 至 19 开头")
    return digits


def _email(_field: Field, text: str) -> str:
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise Refused("电子邮箱应形如 name@example.com")
    return text


_READERS: dict[str, Callable[[Field, str], object]] = {
    "date": _date, "period": _period, "choice": _choice, "id_number": _id_number, "mobile": _mobile, "email": _email,
    "integer": lambda field, text: _number(field, text, int),
    "decimal": lambda field, text: _number(field, text, float),
}  # fmt: skip
