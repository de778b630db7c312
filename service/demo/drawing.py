"""Drawing the demo's paper: contracts, certificates, ID copies and appraisal tables as an office scanner gives them."""

import io
import random
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from service.demo.people import DEPARTMENTS, Agent
from service.fonts import FACE

_FONT = Path(__file__).parent / "fonts" / "NotoSansCJKsc-demo.otf"
_SIZE = (1240, 1754)
"""A4 at 150 dpi, in pixels."""
_COMPANY = "云溪远景科技有限公司"
_LEVELS = {"college": "大专", "bachelor": "本科", "vocational": "中专", "master": "硕士研究生"}
_GRADES = {"excellent": "优秀", "good": "良好", "competent": "称职"}


def contract(agent: Agent) -> list[str]:
    """The lines of a labour contract."""
    fields = _fields(agent, "contract")
    opening = agent.opening
    return [
        "劳动合同书",
        f"合同编号：{fields['number']}",
        f"甲方（用人单位）：{_COMPANY}",
        f"乙方（劳动者）：{opening['name']}",
        f"身份证号码：{opening['id_number']}",
        "根据《中华人民共和国劳动合同法》，双方平等自愿，",
        "协商一致，订立本合同，共同遵守。",
        f"第一条　合同期限：自 {fields['start']} 起",
        f"　　　　至 {fields['end']} 止。",
        f"第二条　工作岗位：{opening['post']}，工作部门：",
        f"　　　　{DEPARTMENTS[opening['department']]}。",
        "第三条　工作时间实行标准工时制。",
        "第四条　乙方应当遵守甲方的保密制度。",
        "甲方（盖章）：　　　　　　乙方（签字）：",
    ]


def diploma(agent: Agent) -> list[str]:
    """The lines of a graduation certificate."""
    fields, birth = _fields(agent, "education"), _fields(agent, "identity")["birth_date"]
    return [
        "毕业证书",
        f"学生 {agent.opening['name']}，{birth} 生，在本校",
        f"{fields['major']}专业修完{_LEVELS[fields['level']]}",
        "教学计划规定的全部课程，成绩合格，准予毕业。",
        f"校名：{fields['school']}",
        f"日期：{fields['graduation_date']}",
    ]


def identity(agent: Agent) -> list[str]:
    """The lines of a copy of an ID card."""
    fields = _fields(agent, "identity")
    return [
        "身份证复印件",
        f"姓名　{fields['name']}",
        f"性别　{'男' if fields['sex'] == 'male' else '女'}　民族　{fields['ethnicity']}",
        f"出生　{fields['birth_date']}",
        f"公民身份号码　{fields['id_number']}",
        "仅供办理入职使用",
    ]


def appraisal(agent: Agent) -> list[str]:
    """The lines of an appraisal table."""
    fields = _fields(agent, "periodic")
    return [
        "绩效考核表",
        f"姓名：{agent.opening['name']}　岗位：{agent.opening['post']}",
        f"考核周期：{fields['period']} 年度",
        "项目　　　　　权重　　得分",
        f"服务质量　　　40%　　{fields['score']}",
        f"业务能力　　　30%　　{fields['score']}",
        f"团队协作　　　30%　　{fields['score']}",
        f"考核等级：{_GRADES[fields['grade']]}",
        "上级签字：　　　　　本人签字：",
    ]


KINDS = {
    ("onboarding", "contract"): contract,
    ("basic", "education"): diploma,
    ("basic", "identity"): identity,
    ("appraisal", "periodic"): appraisal,
}


def draw(lines: list[str], seed: int) -> bytes:
    """A scanned page with these lines as JPEG: paper tone, a seal, a slight skew and some noise."""
    chance = random.Random(seed)  # noqa: S311
    page = Image.new("RGB", _SIZE, (250, 249, 245))
    pen = ImageDraw.Draw(page)
    title, body = ImageFont.truetype(_FONT, 62), ImageFont.truetype(_FONT, 36)
    pen.text((_SIZE[0] / 2, 210), lines[0], font=title, fill=(20, 20, 24), anchor="mm")
    for number, line in enumerate(lines[1:]):
        pen.text((150, 340 + number * 82), line, font=body, fill=(32, 32, 38))
    _seal(pen, (_SIZE[0] - 330, min(1500, 420 + len(lines) * 82)))
    page = page.rotate(chance.uniform(-0.8, 0.8), Image.Resampling.BICUBIC, fillcolor=(250, 249, 245))
    noise = Image.effect_noise(_SIZE, 14).convert("RGB")
    page = Image.blend(page, noise, 0.06).filter(ImageFilter.GaussianBlur(0.4))
    out = io.BytesIO()
    page.save(out, "JPEG", quality=80)
    return out.getvalue()


def printout(lines: list[str]) -> bytes:
    """A page with these lines as PDF, as an office program prints it: with its own text. The same for the same."""
    pdfmetrics.registerFont(TTFont("demo", FACE))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setFont("demo", 26)
    canvas.drawCentredString(A4[0] / 2, A4[1] - 110, lines[0])
    canvas.setFont("demo", 15)
    for number, line in enumerate(lines[1:]):
        canvas.drawString(72, A4[1] - 180 - number * 36, line)
    canvas.save()
    return out.getvalue()


def _seal(pen: ImageDraw.ImageDraw, centre: tuple[float, float]) -> None:
    x, y = centre
    red = (205, 62, 58)
    pen.ellipse((x - 120, y - 120, x + 120, y + 120), outline=red, width=5)
    pen.regular_polygon((x, y, 34), 5, fill=red)
    pen.text((x, y + 76), "人事专用章", font=ImageFont.truetype(_FONT, 26), fill=red, anchor="mm")


def _fields(agent: Agent, subcategory: str) -> dict[str, str]:
    return next(fields for _, sub, fields in agent.records if sub == subcategory)
