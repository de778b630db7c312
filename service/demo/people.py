"""Invented agents with records of all categories, the same for the same seed. Region 99 does not exist. Pure."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from stdnum.cn import ric

DEPARTMENTS = {
    "north": "北方客服部", "south": "南方客服部", "east": "华东客服部",
    "archives": "档案室", "hr": "人力资源部", "office": "总经理办公室",
}  # fmt: skip
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾萧田董潘"
    "袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范单解仇查"
)
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰文博雅琪子轩梓涵欣怡思远晓彤佳慧志远建国海燕春梅雪松"
_LONG = ("阿卜杜热依木·买买提艾力", "欧阳若溪", "司马清扬", "诸葛明月", "尉迟恭礼")
_PLACES = ("长青县", "云溪市", "白石镇", "临江区", "青禾县", "安和市")
_SCHOOLS = ("云溪师范大学", "临江职业技术学院", "青禾大学", "安和商学院", "白石财经大学")
_MAJORS = ("工商管理", "电子商务", "汉语言文学", "计算机应用", "市场营销", "英语")
_COURSES = ("服务礼仪", "投诉处理", "产品知识", "沟通技巧", "信息安全", "质量管理")
_AWARDS = ("优秀客服员奖", "创新奖", "服务之星", "最佳团队奖")
_POSTS = ("客服专员", "高级客服专员", "客服组长", "质检专员")
_LEVELS = ("college", "bachelor", "bachelor", "vocational", "master")
_STATUSES = ("none", "league", "party", "none")
Record = tuple[str, str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Agent:
    """What opens a file, and the records that go into it."""

    opening: dict[str, str]
    left_on: str = ""
    records: list[Record] = field(default_factory=list)


def people(count: int, seed: int = 1) -> Iterator[Agent]:
    """`count` agents; their ID numbers differ."""
    chance = random.Random(seed)  # noqa: S311
    for n in range(count):
        yield _agent(chance, n)


def _agent(chance: random.Random, n: int) -> Agent:
    name = _LONG[n // 40] if n % 40 == 7 and n // 40 < len(_LONG) else _name(chance)
    birth = date(1975, 1, 1) + timedelta(days=chance.randrange(9500))
    hire = max(date(2012, 1, 1), birth + timedelta(days=365 * 21)) + timedelta(days=chance.randrange(3000))
    hire = min(hire, date(2023, 6, 1))
    head = f"990{n // 1000 % 900 + 100:03}{birth:%Y%m%d}{n % 1000:03}"
    id_number = head + ric.calc_check_digit(head + "0")
    post = chance.choice(_POSTS)
    opening = {
        "name": name, "department": chance.choice(("north", "south", "east")), "post": post,
        "hire_date": hire.isoformat(), "id_number": id_number,
    }  # fmt: skip
    left = (hire + timedelta(days=chance.randrange(300, 1500))).isoformat() if n % 11 == 5 else ""
    return Agent(opening, left if left < "2026-11-01" else "", _records(chance, opening, birth, hire, n))


def _name(chance: random.Random) -> str:
    return chance.choice(_SURNAMES) + "".join(chance.sample(_GIVEN, chance.choice((1, 2, 2, 2))))


def _records(chance: random.Random, opening: dict[str, str], birth: date, hire: date, n: int) -> list[Record]:
    def day(after: int) -> str:
        return (hire + timedelta(days=chance.randrange(after, after + 300))).isoformat()

    sex = "male" if int(opening["id_number"][16]) % 2 else "female"
    year = hire.year + 1
    records: list[Record] = [
        ("basic", "identity", {
            "name": opening["name"], "sex": sex, "birth_date": birth.isoformat(),
            "ethnicity": chance.choice(("汉族", "汉族", "汉族", "回族", "满族", "壮族")),
            "native_place": chance.choice(_PLACES), "political_status": chance.choice(_STATUSES),
            "id_number": opening["id_number"]}),
        ("basic", "contact", {
            "mobile": f"199{n:08}", "email": f"agent{n}@example.com",
            "home_address": f"{chance.choice(_PLACES)}和平路 {chance.randrange(1, 200)} 号"}),
        ("basic", "education", {
            "level": chance.choice(_LEVELS), "school": chance.choice(_SCHOOLS), "major": chance.choice(_MAJORS),
            "graduation_date": f"{birth.year + 22}-07-01"}),
        ("onboarding", "hire", {
            "hire_date": opening["hire_date"], "department": DEPARTMENTS[opening["department"]],
            "post": opening["post"]}),
        ("training", "internal", {
            "date": day(30), "course": chance.choice(_COURSES), "score": chance.randrange(60, 101)}),
        ("performance", "satisfaction", {
            "period": f"{year}-Q{chance.randrange(1, 5)}", "score": chance.randrange(780, 1000) / 10,
            "sample": chance.randrange(50, 400)}),
        ("appraisal", "periodic", {
            "period": str(year), "score": chance.randrange(60, 100),
            "grade": chance.choice(("excellent", "good", "good", "competent"))}),
    ]  # fmt: skip
    if n % 9:
        end = hire.replace(year=hire.year + 3, day=min(hire.day, 28)).isoformat()
        contract: dict[str, Any] = {
            "number": f"HT-{hire.year}-{n:05}",
            "start": opening["hire_date"],
            "end": end,
            "type": "fixed",
        }
        if n % 3 == 0:
            again = {"start": end, "end": f"{hire.year + 6}{end[4:]}", "type": "fixed", "note": "双方同意续签三年"}
            contract["renewals"] = [again]
        records.append(("onboarding", "contract", contract))
    if n % 7 == 2:
        case = {"customer": f"工单 {year}{n:04}", "date": f"{year}-05-12", "what": "客户反映回访不及时",
                "solution": "当日致电说明并补做回访", "solved": f"{year}-05-13"}  # fmt: skip
        records.append(("performance", "complaints", {"period": f"{year}-Q2", "number": 1, "cases": [case]}))
    if n % 4 == 0:
        records.append(("rewards", "award", {"name": chance.choice(_AWARDS), "date": day(200)}))
    if n % 13 == 3:
        records.append(("rewards", "penalty", {"kind": "warning", "reason": "迟到三次", "date": day(200)}))
    if n % 5 == 1:
        records.append(("career", "promotion", {"date": day(500), "from_post": "客服专员", "to_post": "客服组长"}))
    if n % 6 == 2:
        records.append(("career", "qualification", {"date": day(100), "certificate": "客户服务管理师（中级）"}))
    if n % 8 == 3:
        course = {
            "date": day(120),
            "institution": "安和培训中心",
            "content": "情绪管理与沟通",
            "certificate": "结业证书",
        }
        records.append(("training", "external", course))
    if n % 3 == 1:
        growth = {"period": f"{year}-0{chance.randrange(1, 10)}", "new_customers": chance.randrange(3, 40)}
        records.append(("performance", "growth", {**growth, "order_amount": chance.randrange(10, 900) * 100}))
    if n % 10 == 6:
        opinion = {"source": "superior", "date": day(180), "opinion": "工作认真，能独立处理疑难投诉"}
        records.append(("appraisal", "opinion", opinion))
    if n % 23 == 9:
        records.append(("other", "honour", {"what": "行业服务之星", "date": day(400)}))
    if n % 29 == 11:
        records.append(("other", "matter", {"what": "补办工作证", "date": day(90), "note": "原证遗失，已登报声明"}))
    if n % 17 == 4:
        records.append(("other", "article", {"what": "浅谈热线服务中的情绪管理", "date": day(300)}))
    return records
