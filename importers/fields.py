"""The fields a report and an article have for an import, and the titles people give them; data and one look-up."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """A field, its Chinese label, the characters it may have, other titles it goes by."""

    name: str
    label: str
    limit: int = 200
    titles: tuple[str, ...] = ()
    required: bool = False


CELL = 32_767
"""Characters a cell may have."""

TEXT = 200_000
"""Characters a long text may have."""


def _field(name: str, label: str, titles: str, *, limit: int = 200, required: bool = False) -> Field:
    return Field(name, label, limit, tuple(titles.split()), required)


MARKDOWN = frozenset(
    ("answer", "symptom", "environment", "cause", "resolution", "prevention", "purpose", "steps", "notes", "body")
)
"""Fields of an article that hold Markdown; in files they may hold HTML."""

FIELDS: Mapping[str, tuple[Field, ...]] = {
    "report": (
        _field("key", "编号", "key id 问题编号 报告编号 工单编号 工单号 单号 流水号 受理编号 事件编号 报告单编号"),
        _field(
            "organisation",
            "申请单位",
            "organisation 单位 机构 报告单位 上报单位 提出单位 报送单位 所属单位 申报单位 单位名称 部门",
        ),
        _field("system", "系统", "system 所属系统 应用系统 系统名称 涉及系统 业务系统"),
        _field("module", "模块", "module 功能模块 所属模块 分类 类别 问题分类 问题类别 模组 子系统 category"),
        _field(
            "phenomenon",
            "问题现象",
            "phenomenon symptom 现象 问题描述 故障现象 故障描述 问题 问题内容 现象描述 情况描述 问题说明 报错信息",
            required=True,
            limit=TEXT,
        ),
        _field("environment", "环境", "environment 运行环境 系统环境 软硬件环境 版本 环境说明", limit=TEXT),
        _field("cause", "原因分析", "cause 原因 问题原因 故障原因 产生原因 分析 原因说明", limit=TEXT),
        _field(
            "resolution",
            "解决方案",
            "resolution 解决办法 解决方法 解决措施 处理办法 处理方法 处理过程 处理结果 处理情况 处理措施 处理方案 "
            "处理意见 答复 回复",
            limit=TEXT,
        ),
        _field(
            "codes", "错误代码", "codes code error_code 错误码 错误编码 报错代码 错误号 故障代码 报错码", limit=1000
        ),
        _field("severity", "严重程度", "severity 等级 问题等级 紧急程度 优先级 级别", limit=40),
        _field("kind", "报告类型", "kind type 问题类型 工作类型 类型"),
        _field("status", "状态", "status state 处理状态 问题状态 当前状态 是否解决", limit=40),
        _field(
            "occurred",
            "发生日期",
            "occurred 发生时间 登记日期 登记时间 申请日期 申请时间 提出日期 提出时间 "
            "报告日期 报告时间 受理日期 受理时间 故障时间 日期",
        ),
        _field(
            "resolved",
            "处理日期",
            "resolved 处理时间 解决日期 解决时间 完成日期 完成时间 办结日期 办结时间 关闭日期 关闭时间",
        ),
        _field("handler", "处理人", "handler 处理人员 经办人 解决人 责任人 技术支持人员 工程师"),
        _field("contact", "联系人", "contact 联络人 申请人 报告人 提出人 报障人"),
        _field("phone", "联系电话", "phone tel 电话 手机 联系方式 联络电话 电话号码", limit=100),
    ),
    "article": (
        _field("key", "编号", "key id 知识编号 条目编号", limit=400),
        _field("kind", "知识类型", "kind type 类型 条目类型"),
        _field(
            "title",
            "标题",
            "title question 问题 标准问题 标准问 问题标题 名称 题目 知识标题 主题 问句",
            required=True,
            limit=300,
        ),
        _field(
            "asked",
            "相似问法",
            "asked similar 相似问题 相似问 其他问法 扩展问 扩展问法 同义问法 similar_questions",
            limit=TEXT,
        ),
        _field("answer", "答案", "answer 标准答案 回答 答复 解答 回复", limit=TEXT),
        _field("system", "系统", "system 所属系统 应用系统 系统名称 业务系统"),
        _field("module", "模块", "module category 分类 类别 知识分类 问题分类 功能模块 所属模块 模组 目录"),
        _field("symptom", "问题现象", "symptom phenomenon 现象 故障现象 问题描述 故障描述", limit=TEXT),
        _field("environment", "环境", "environment 运行环境 适用环境 适用范围 适用版本", limit=TEXT),
        _field("cause", "原因分析", "cause 原因 问题原因 故障原因", limit=TEXT),
        _field(
            "resolution", "解决方案", "resolution solution 解决办法 解决方法 处理办法 处理方法 处理步骤", limit=TEXT
        ),
        _field("prevention", "预防措施", "prevention 预防 预防方法 防范措施", limit=TEXT),
        _field("purpose", "目的", "purpose 用途 说明目的", limit=TEXT),
        _field("steps", "操作步骤", "steps 步骤 操作方法", limit=TEXT),
        _field("notes", "注意事项", "notes 注意 备注说明", limit=TEXT),
        _field("body", "正文", "body content text 内容 说明 全文", limit=TEXT),
        _field("codes", "错误代码", "codes code error_code 错误码 错误编码 报错代码 错误号 故障代码", limit=1000),
        _field("valid_from", "有效期起", "valid_from 生效日期 生效时间 有效期开始 起始日期 开始日期"),
        _field("valid_to", "有效期止", "valid_to 失效日期 失效时间 有效期结束 截止日期 结束日期 有效期至 有效期"),
        _field("audience", "公开范围", "audience 可见范围 知悉范围 阅读范围"),
    ),
}

CONTENTS = frozenset(
    ("answer", "symptom", "environment", "cause", "resolution", "prevention", "purpose", "steps", "notes", "body")
)
"""The fields of an article that hold Markdown."""

_SIMPLIFIED = str.maketrans(
    "編號單請聯絡統組問題現決處時間狀態發機構類電話環說錄報進別嚴級優標準屬應業務運負責員開結關據範圍訊條驟項內預長見稱",
    "编号单请联络统组问题现决处时间状态发机构类电话环说录报进别严级优标准属应业务运负责员开结关据范围讯条骤项内预长见称",
)
_ASIDE = re.compile(r"\([^()]*\)$|[\s*:_\-]+")


def folded(title: str) -> str:
    """A title without width, spaces, colons, stars, a closing aside in brackets, or traditional forms."""
    return _ASIDE.sub("", _ASIDE.sub("", unicodedata.normalize("NFKC", title)).casefold()).translate(_SIMPLIFIED)


_FIELD_OF = {
    kind: {folded(title): field.name for field in fields for title in (field.name, field.label, *field.titles)}
    for kind, fields in FIELDS.items()
}
_BY_NAME = {kind: {field.name: field for field in fields} for kind, fields in FIELDS.items()}


def field_of(title: str, kind: str) -> str:
    """The field a title or label stands for in this kind of import, "" when it is none."""
    return _FIELD_OF[kind].get(folded(title), "")


def named(name: str, kind: str) -> Field:
    """A field by its name."""
    return _BY_NAME[kind][name]


def required(kind: str) -> tuple[str, ...]:
    """The fields an import of this kind cannot do without."""
    return tuple(field.name for field in FIELDS[kind] if field.required)
