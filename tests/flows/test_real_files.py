"""The messy files of the corpora give exactly the records they should, and nothing more the second time."""

import json
import re
from pathlib import Path

import pytest

from importers import pipeline
from importers.errors import ImportFailed
from importers.results import Settings
from kb_service.bootstrap import KnowledgeBase
from kb_service.results import ImportView, RefusalView
from tests.base import actor

KINDS = {"report": "report", "faq": "article", "article": "article"}
TWINS = (
    ("问题处理报告_UTF8-BOM.tsv", "问题处理报告_UTF8-BOM.csv"),
    ("知识.jsonl", "知识.json"),
    ("处理报告单/", "全部.zip"),
)
READ = (
    "问题台账.xlsx",
    "问题处理报告_GBK.csv",
    "问题处理报告_Big5.csv",
    "问题处理报告_UTF8-BOM.tsv",
    "问题处理报告_UTF8-BOM.csv",
    "常见问题.xlsx",
    "常见问题.docx",
    "处理报告单/",
    "全部.zip",
    "操作指南/",
    "知识.jsonl",
    "知识.json",
    "旧台账.xls",
)
UNSUPPORTED = ("旧台账.ods", "导出.html", "手册.pdf", "扫描件.pdf")


@pytest.fixture(scope="session")
def expected(corpora: Path) -> dict:
    return json.loads((corpora / "files" / "expected.json").read_text(encoding="utf-8"))


def taken(kb: KnowledgeBase, path: Path, kind: str) -> ImportView:
    expert = actor(kb, "expert")
    digest, size = pipeline.digest(path)
    view = kb.imports.upload(expert, kind=kind, name=path.name, path=path, digest=digest, size=size)
    view = kb.imports.run(expert, view.id, seen_version=view.version)
    pipeline.run(kb, view.id)
    return kb.imports.get(expert, view.id)


def stands_at(refusal: RefusalView, bad: dict) -> bool:
    """Whether the refusal names every part of the place that is expected."""
    numbers = re.findall(r"\d+", refusal.place)
    parts = [str(bad[name]) for name in ("row", "record", "line") if name in bad]
    return all(part in numbers for part in parts) and bad.get("sheet", "") in refusal.place


@pytest.mark.parametrize("name", READ)
def test_a_file_gives_the_expected_records_once(kb: KnowledgeBase, corpora: Path, expected: dict, name: str) -> None:
    facts, path = expected[name], corpora / "files" / name.rstrip("/")
    first = taken(kb, path, KINDS[facts["unit"]])
    assert (first.state, first.counts.created) == ("done", facts["good"])
    assert first.counts.refused == len(facts["bad"])
    refused = list(kb.imports.refusals(actor(kb, "expert"), first.id))
    for bad in facts["bad"]:
        here = [one for one in refused if one.reason == bad["code"] and stands_at(one, bad)]
        assert here, f"{bad} is not among {[(one.place, one.reason) for one in refused]}"
        if "file" in bad:
            assert any(one.source.endswith(bad["file"]) for one in here)
    second = taken(kb, path, KINDS[facts["unit"]])
    assert (second.counts.created, second.counts.updated, second.counts.unchanged) == (0, 0, facts["good"])


@pytest.mark.parametrize(("first", "second"), TWINS)
def test_the_same_records_in_another_file_are_nothing_new(
    kb: KnowledgeBase, corpora: Path, expected: dict, first: str, second: str
) -> None:
    kind = KINDS[expected[first]["unit"]]
    taken(kb, corpora / "files" / first.rstrip("/"), kind)
    again = taken(kb, corpora / "files" / second.rstrip("/"), kind)
    assert (again.counts.created, again.counts.updated) == (0, 0)
    assert again.counts.unchanged == expected[second]["good"]


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_a_file_that_cannot_be_read_yet_is_refused_by_name(corpora: Path, name: str) -> None:
    with pytest.raises(ImportFailed, match=re.escape(name)) as raised:
        list(pipeline.read(corpora / "files" / name, "report", Settings()))
    assert raised.value.code == "unsupported"
