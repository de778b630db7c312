"""The one cast of all tests and of the demo, as people and as accounts."""

from service.person import Person, Role

PASSWORD = "dangan-demo"
DEPARTMENTS = {
    "north": "北方客服部",
    "south": "南方客服部",
    "hr": "人力资源部",
    "archives": "档案室",
    "office": "总经理办公室",
}
CAST = {
    "agent": Person("agent", "林晓", Role.AGENT, "north", "KF-2021-00001"),
    "clerk": Person("clerk", "周文", Role.CLERK, "north"),
    "head": Person("head", "吴敏", Role.HEAD, "north"),
    "head2": Person("head2", "郑强", Role.HEAD, "south"),
    "hr": Person("hr", "孙丽", Role.HR, "hr"),
    "archivist": Person("archivist", "钱芳", Role.ARCHIVIST, "archives"),
    "archives": Person("archives", "赵刚", Role.ARCHIVES_HEAD, "archives"),
    "leadership": Person("leadership", "冯总", Role.LEADERSHIP, "office"),
    "admin": Person("admin", "陈工", Role.ADMIN, "office"),
    "auditor": Person("auditor", "褚明", Role.AUDITOR, "office"),
    "stranger": Person("stranger", "卫来", Role.NONE),
}
