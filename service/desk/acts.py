"""What the trail's acts are called on a page. Pure."""

ACTS = {
    "file.opened": "建立档案", "file.changed": "修改档案", "file.leave": "登记离职", "file.come-back": "登记复职",
    "record.added": "录入材料", "record.changed": "修改材料", "record.submit": "提交材料", "record.file": "归档材料",
    "record.send-back": "退回材料", "record.verified": "登记核验结论", "scan.added": "上传扫描件",
    "scan.read": "扫描件识别完成", "scan.failed": "扫描件识别失败", "scan.retried": "重新识别扫描件",
    "scan.arranged": "整理扫描件各页", "scan.corrected": "更正识别文字", "scan.moved": "移动扫描件",
    "place.put": "登记原件位置", "scan.came": "移入扫描件",
}  # fmt: skip
