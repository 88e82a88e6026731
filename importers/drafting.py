"""From what was told to a draft or a refusal: the rules about reports and articles from files, for all formats."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from importers import cleaning, fields
from importers.errors import refusal
from importers.results import Told
from kb_service.inputs import ArticleInput, Draft, Refusal, ReportInput

_SOLVED = frozenset({"已解决", "已办结", "办结", "已处理", "已完成", "已关闭", "解决", "是", "resolved", "closed"})
_REPORT_KINDS = {
    "故障": "fault", "调优": "tuning", "优化": "tuning", "调整": "adjustment", "变更": "adjustment",
    "巡检": "health_check", "健康检查": "health_check", "应急": "emergency",
}  # fmt: skip
_ARTICLE_KINDS = {
    "故障方案": "solution", "解决方案": "solution", "常见问题": "faq", "问答": "faq",
    "操作指南": "howto", "指南": "howto", "说明": "reference", "参考": "reference",
}  # fmt: skip
_AUDIENCES = {"公开": "public", "内部": "internal", "限定": "restricted"}

_MAIN = {"answer": "faq", "resolution": "solution", "steps": "howto", "body": "reference"}
_EMPTY = {"answer": "empty_answer", "resolution": "empty_resolution"}
_LINES = ("organisation", "system", "module", "severity", "status", "handler", "contact", "phone", "title")
_CLEANED: Mapping[str, Callable[[str], str]] = dict.fromkeys(_LINES, cleaning.line)


class _Refused(Exception):
    """A rule says no: the code of the reason and what it is about."""

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(code, about)
        self.code, self.about = code, about


def draft(told: Told, kind: str) -> Draft | Refusal:
    """The report or article (``kind``) that was told, or why it cannot be taken."""
    try:
        if told.fault:
            raise _Refused(told.fault, told.about)
        texts = _texts(told, kind)
        value = _DRAFTERS[kind](texts, told)
    except _Refused as reason:
        return refusal(told.source, told.place, reason.code, reason.about, told.cells or told.fields)
    return Draft(source=told.source, place=told.place, value=value, notes=(*told.notes, *_left_out(texts, value)))


def _texts(told: Told, kind: str) -> dict[str, str]:
    """The cleaned texts of the fields that say something."""
    texts = {name: _CLEANED.get(name, cleaning.text)(value) for name, value in told.fields.items() if value}
    for name, value in texts.items():
        field = fields.named(name, kind)
        if len(value) > field.limit:
            raise _Refused("too_long", f"“{field.label}”，最多 {field.limit} 个字符")
    said = {name: value for name, value in texts.items() if value}
    if not said and "phenomenon" not in texts:
        raise _Refused("empty")
    return said


def _report(texts: Mapping[str, str], told: Told) -> ReportInput:
    if "phenomenon" not in texts:
        raise _Refused("blank_phenomenon" if told.fields.get("phenomenon") else "empty_phenomenon")
    solved = texts.get("status", "").casefold() in _SOLVED
    if solved and "resolution" not in texts:
        raise _Refused("empty_resolution")
    occurred, resolved = (_day(texts, name, told, "report") for name in ("occurred", "resolved"))
    _in_order(occurred, resolved, "date_order")
    plain = ("organisation", "system", "module", "environment", "cause", "resolution", "severity", "status",
             "handler", "contact", "phone")  # fmt: skip
    return ReportInput(
        key=cleaning.key(texts.get("key", "")),
        phenomenon=texts["phenomenon"],
        codes=cleaning.codes(texts.get("codes", "")),
        kind=_worded(texts.get("kind", ""), _REPORT_KINDS, "fault"),
        occurred=occurred or resolved,  # a table with one day alone tells when the problem was dealt with
        resolved=resolved,
        attachments=told.attachments,
        **{name: texts.get(name, "") for name in plain},
    )


def _article(texts: Mapping[str, str], told: Told) -> ArticleInput:
    kind = _kind(texts, told)
    contents = _contents(kind, texts)
    title = texts.get("title") or cleaning.line(texts.get("symptom", "").partition("\n")[0])[:100]
    if not title:
        raise _Refused("empty_title")
    valid_from, valid_to = (_day(texts, name, told, "article")[:10] for name in ("valid_from", "valid_to"))
    _in_order(valid_from, valid_to, "validity_order")
    return ArticleInput(
        kind=kind,
        title=title,
        fields=contents,
        key=texts.get("key", ""),
        asked=tuple(asked for asked in cleaning.questions(texts.get("asked", "")) if asked != title),
        codes=cleaning.codes(texts.get("codes", "")),
        system=texts.get("system", ""),
        module=texts.get("module", ""),
        audience=_worded(texts.get("audience", ""), _AUDIENCES, ""),
        valid_from=valid_from,
        valid_to=valid_to,
        attachments=told.attachments,
    )


_DRAFTERS: Mapping[str, Callable[[Mapping[str, str], Told], ReportInput | ArticleInput]] = {
    "report": _report,
    "article": _article,
}


def _contents(kind: str, texts: Mapping[str, str]) -> dict[str, str]:
    """The fields of this kind; a text under no field of its own is the main one, a symptom not told is the title."""
    names, needed = _fields_of(kind)
    contents = {name: texts[name] for name in names if name in texts}
    spare = {"symptom": texts.get("title", ""), needed[-1]: texts.get("body") or texts.get("answer", "")}
    for name in needed:
        contents.setdefault(name, spare[name])
        if not contents[name]:
            raise _Refused(_EMPTY.get(name, "empty_text"))
    return contents


def _left_out(texts: Mapping[str, str], value: ReportInput | ArticleInput) -> Iterator[str]:
    """A sentence for each text this kind of article has no field for."""
    if isinstance(value, ArticleInput):
        kept = set(value.fields.values())
        for name in sorted(fields.CONTENTS):
            if texts.get(name) and texts[name] not in kept and name not in value.fields:
                yield f"“{fields.named(name, 'article').label}”不是这类知识的字段，未导入。"


def _kind(texts: Mapping[str, str], told: Told) -> str:
    """The kind as told, else the one whose main field says something or at least is there; else a reference."""
    present = next((kind for said in (texts, told.fields) for name, kind in _MAIN.items() if name in said), "reference")
    return _worded(texts.get("kind", ""), _ARTICLE_KINDS, present)


@cache
def _fields_of(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fields of a kind of article, and those of them that are required."""
    from kb_service.domain.article import KINDS

    known = KINDS[kind].fields
    return tuple(field.name for field in known), tuple(field.name for field in known if field.required)


def _worded(value: str, words: Mapping[str, str], otherwise: str) -> str:
    """The name a word stands for, itself when it is such a name already."""
    folded = value.casefold()
    return folded if folded in words.values() else words.get(folded, otherwise)


def _day(texts: Mapping[str, str], name: str, told: Told, kind: str) -> str:
    found = cleaning.day(texts.get(name, ""), told.calendar)
    if found is None:
        raise _Refused("bad_date", fields.named(name, kind).label)
    return found


def _in_order(first: str, last: str, code: str) -> None:
    """Days are compared as precisely as both are told."""
    told = min(len(first), len(last))
    if last[:told] < first[:told]:
        raise _Refused(code)
