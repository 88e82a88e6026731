"""Puts into a demo base what it lacks for a walk through all pages: work in every state, hostile texts everywhere."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from importers import pipeline
from kb_service.bootstrap import KnowledgeBase, open_base
from kb_service.config import Settings
from kb_service.domain.access import Actor
from kb_service.inputs import ArticleInput, AttachmentInput, LexiconInput, ReportInput
from web import uploads

HOSTILE = """<img src=x onerror=alert(1)>"><svg onload=alert(2)>'-alert(3)-'{{7*7}}</script><script>alert(4)</script>"""
"""In one line what has broken out of texts, attributes, scripts and templates elsewhere."""
MARKDOWN = "\n\n".join(
    (
        HOSTILE,
        "[一](javascript:alert(5)) [二](java\nscript:alert(6)) [三](data:text/html,<script>alert(7)</script>)",
        "![图](x\" onerror=\"alert(8)) <a href='javascript:alert(9)'>四</a> <details open ontoggle=alert(10)>",
        "<svg><a xlink:href=javascript:alert(11)>五</a></svg> <iframe srcdoc='<script>alert(12)</script>'>",
        "<math><mtext><table><mglyph><style><img src onerror=alert(13)></style></mglyph></table></mtext></math>",
        "<form action=//elsewhere.invalid><input name=csrf_token autofocus onfocus=alert(14)></form>",
        "<style>@import '//elsewhere.invalid/x.css';</style><meta http-equiv=refresh content='0;//elsewhere.invalid'>",
        "1. 第一步\n2. 第二步 <mark>重点</mark>\n\n| 列 | 列 |\n|---|---|\n| a | `b` |\n\n```sql\nselect 1\n```",
    )
)
LONG = "超长标题：在电子税务局办理增值税申报时点击提交按钮后页面长时间没有反应最后提示系统繁忙请稍后再试" * 2
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
)
LEDGER = "编号,申请单位,问题现象,解决方案,状态,发生日期\n{}\n"
GOOD, BAD = "甲{n},澜东县局,窗口电脑第{n}次蓝屏,重装,已解决,2026-01-05", "乙{n},澜东县局,,重装,已解决,2026-01-06"


@dataclass(frozen=True)
class Furnished:
    """Addresses of what was put in."""

    hostile: str
    revised: str
    retired: str
    report: str
    draft: str
    submitted: str
    returned: str
    rejected: str
    revision: str
    uploaded: str
    mapped: str
    checked: str
    taken: str
    broken: str
    batch: str
    entry: str


def furnish(home: Path) -> Furnished:
    with opened(home) as kb:
        return Furnished(**_articles(kb), **_candidates(kb), **_imports(kb), entry=_entry(kb))


@contextmanager
def opened(home: Path) -> Iterator[KnowledgeBase]:
    """The base in ``home``, with nothing waiting for its index at the end."""
    kb = open_base(Settings().model_copy(update={"home": home}))
    try:
        yield kb
        kb.index.drain()
    finally:
        kb.close()


def person(kb: KnowledgeBase, username: str) -> Actor:
    return kb.people.actor(kb.people.find(username).id)


def publish(kb: KnowledgeBase, told: ArticleInput, reports: Sequence[str] = ()) -> str:
    """Written by the expert, accepted by the reviewer; the number of the article."""
    submitted = _submitted(kb, told, reports)
    accepted = kb.reviews.accept(person(kb, "reviewer"), submitted.id, seen_version=submitted.version, comment=HOSTILE)
    return accepted.article


def solution(title: str, **more: Any) -> ArticleInput:
    fields = {"symptom": title, "resolution": "1. 关机\n2. 再开机"}
    return ArticleInput(**{"kind": "solution", "title": title, "fields": fields, "system": "终端", **more})


def _articles(kb: KnowledgeBase) -> dict[str, str]:
    expert, reviewer = person(kb, "expert"), person(kb, "reviewer")
    file = AttachmentInput(name=f"{HOSTILE}.png".replace("/", "∕"), media_type="image/png", data=PIXEL)
    report = kb.reports.file(expert, _hostile_report(file))
    fields = dict.fromkeys(("symptom", "environment", "cause", "resolution", "prevention"), MARKDOWN)
    hostile = publish(
        kb,
        solution(
            f"外来文字 {HOSTILE}"[:200],
            fields=fields,
            asked=(HOSTILE, LONG[:100]),
            codes=("ORA-00942",),
            attachments=(file,),
        ),
        (report.number,),
    )
    revised = publish(kb, solution(LONG[:120], valid_from="2020-01-01", valid_to="2021-01-01"))
    _accept_revision(kb, revised)
    retired = publish(kb, solution("已经没有人用的旧终端"))
    for actor, action in ((expert, "propose_retire"), (reviewer, "confirm_retire")):
        version = kb.articles.get(actor, retired).version
        kb.articles.step(actor, retired, action, seen_version=version, reason=HOSTILE)
    numbers = {"hostile": hostile, "revised": revised, "retired": retired}
    return {name: f"/articles/{number}" for name, number in numbers.items()} | {"report": f"/reports/{report.number}"}


def _hostile_report(file: AttachmentInput) -> ReportInput:
    texts = ("environment", "cause", "resolution", "severity", "status", "handler", "contact", "phone", "organisation")
    told = ReportInput(phenomenon=f"外来文字 {MARKDOWN}", codes=("ORA-00942",), system="终端", attachments=(file,))
    return replace(told, **dict.fromkeys(texts, HOSTILE[:60]))


def _accept_revision(kb: KnowledgeBase, number: str) -> None:
    expert = person(kb, "expert")
    draft = kb.candidates.revise(expert, number)
    told = kb.candidates.input_of(expert, draft.id)
    changed = replace(told, fields={**told.fields, "resolution": f"1. 拔掉电源\n2. 再开机\n\n{HOSTILE}"})
    draft = kb.candidates.edit(expert, draft.id, changed, seen_version=draft.version)
    sent = kb.candidates.submit(expert, draft.id, seen_version=draft.version)
    kb.reviews.accept(person(kb, "reviewer"), sent.id, seen_version=sent.version)


def _submitted(kb: KnowledgeBase, told: ArticleInput, reports: Sequence[str] = ()) -> Any:
    expert = person(kb, "expert")
    draft = kb.candidates.create(expert, told, reports=reports)
    return kb.candidates.submit(expert, draft.id, seen_version=draft.version)


def _candidates(kb: KnowledgeBase) -> dict[str, str]:
    expert, reviewer = person(kb, "expert"), person(kb, "reviewer")
    draft = kb.candidates.create(expert, solution(f"草稿 {HOSTILE}"[:120]))
    submitted = _submitted(kb, solution("等人审核的稿件"))
    returned = _submitted(kb, solution("被退回的稿件"))
    kb.reviews.send_back(reviewer, returned.id, seen_version=returned.version, reason=HOSTILE)
    rejected = _submitted(kb, solution("被驳回的稿件"))
    kb.reviews.reject(reviewer, rejected.id, seen_version=rejected.version, reason="duplicate", comment=HOSTILE)
    live = publish(kb, solution("正在修订的知识", asked=("老的问法",)))
    revision = kb.candidates.revise(expert, live)
    told = replace(kb.candidates.input_of(expert, revision.id), title="正在修订的知识（二）", asked=("新的问法",))
    revision = kb.candidates.edit(expert, revision.id, told, seen_version=revision.version)
    kb.candidates.submit(expert, revision.id, seen_version=revision.version)
    made = {"draft": draft, "submitted": submitted, "returned": returned, "rejected": rejected, "revision": revision}
    return {name: f"/candidates/{candidate.id}" for name, candidate in made.items()}


def _imports(kb: KnowledgeBase) -> dict[str, str]:
    bad = "\n".join(BAD.format(n=n) for n in range(3))
    tables = {
        "uploaded": ("report", LEDGER.format(HOSTILE.replace(",", "，")), ()),
        "mapped": ("report", LEDGER.format(GOOD.format(n=1)), ("map",)),
        "checked": ("report", LEDGER.format(f"{GOOD.format(n=2)}\n{bad}"), ("map", "check")),
        "taken": ("report", LEDGER.format(f"{GOOD.format(n=3)}\n{bad}"), ("map", "run")),
        "broken": ("report", "PK\x03\x04 不是表格", ()),
        "batch": ("article", "分类,标准问题,答案\n登录,整批等审核的问题,重启即可\n", ("map", "run")),
    }
    return {name: f"/imports/{_import(kb, name, *table)}" for name, table in tables.items()}


def _import(kb: KnowledgeBase, name: str, kind: str, text: str, steps: Sequence[str]) -> int:
    expert = person(kb, "expert")
    file = f"{name}{HOSTILE}".replace("/", "∕") + (".xlsx" if name == "broken" else ".csv")
    path = uploads.place(kb.settings, file)
    path.write_text(text, encoding="utf-8")
    digest, size = pipeline.digest(path)
    taken = kb.imports.upload(expert, kind=kind, name=file, path=path, digest=digest, size=size)
    for step in steps:
        _step(kb, expert, taken.id, step)
    return taken.id


def _entry(kb: KnowledgeBase) -> str:
    """An entry of the lexicon with a history."""
    manager = person(kb, "manager")
    told = LexiconInput(kind="synonyms", text=f"叫号器, {HOSTILE[:50]}", reason=HOSTILE)
    entry = kb.lexicon.add(manager, told, confirmed=True).entry
    text = f"{entry.text}, 排队机"
    kb.lexicon.change(manager, entry.id, text, reason="也有人这样叫", seen_version=entry.version, confirmed=True)
    return f"/lexicon/{entry.id}"


def _step(kb: KnowledgeBase, expert: Actor, import_id: int, step: str) -> None:
    seen = kb.imports.get(expert, import_id).version
    if step == "map":
        kb.imports.map(expert, import_id, mapping={}, profile="", options={}, seen_version=seen)
    else:
        getattr(kb.imports, step)(expert, import_id, seen_version=seen)
        pipeline.run(kb, import_id)
