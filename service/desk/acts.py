"""What the trail's acts are called on a page. Pure."""

ACTS = {
    "file.opened": "建立档案", "file.changed": "修改档案", "file.leave": "登记离职", "file.come-back": "登记复职",
    "record.added": "录入材料", "record.changed": "修改材料", "record.submit": "提交材料", "record.file": "归档材料",
    "record.send-back": "退回材料", "record.verified": "登记核验结论", "scan.added": "上传扫描件",
    "scan.read": "扫描件识别完成", "scan.failed": "扫描件识别失败", "scan.retried": "重新识别扫描件",
    "scan.arranged": "整理扫描件各页", "scan.corrected": "更正识别文字", "scan.moved": "移动扫描件",
    "place.put": "登记原件位置", "scan.came": "移入扫描件",
    "view_requests.create": "申请查阅", "view_requests.sign": "查阅申请签字",
    "view_requests.grant": "批准查阅", "view_requests.refuse": "退回查阅申请", "view_requests.withdraw": "撤回查阅",
    "view_requests.revoke": "收回查阅通行证",
}  # fmt: skip
