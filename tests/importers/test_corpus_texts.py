"""The forms, questions, pages and JSON of the real files give exactly what is expected of them."""

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from importers.pipeline import read
from importers.results import Settings
from kb_service.inputs import ArticleInput, Draft, Refusal, ReportInput


@pytest.fixture(scope="module")
def files(corpora: Path) -> Path:
    return corpora / "files"


@pytest.fixture(scope="module")
def expected(files: Path) -> dict[str, Any]:
    return json.loads((files / "expected.json").read_text("utf-8"))


@cache
def taken(path: Path, kind: str) -> tuple[list[Draft], list[Refusal]]:
    found = list(read(path, kind, Settings()))
    return [each for each in found if isinstance(each, Draft)], [each for each in found if isinstance(each, Refusal)]


def told_as_expected(value: ReportInput, sample: dict[str, str]) -> bool:
    return all(getattr(value, name) == text for name, text in sample.items() if name != "file")


def test_forms_of_a_folder_are_read_whatever_their_layout(files: Path, expected: dict[str, Any]) -> None:
    wanted = expected["处理报告单/"]
    drafts, refusals = taken(files / "处理报告单", "report")
    by_source = {draft.source: draft.value for draft in drafts}
    assert len(by_source) == wanted["good"]
    assert [(each.source, each.place, each.reason) for each in refusals] == [
        (wanted["bad"][0]["file"], "整个文件", "unreadable")
    ]
    for sample in wanted["samples"]:
        assert told_as_expected(by_source[sample["file"]], sample), sample["file"]
    assert all(value.key and value.system and value.handler and value.resolved for value in by_source.values())


def test_the_same_forms_in_an_archive_with_gbk_names_give_the_same_reports(
    files: Path, expected: dict[str, Any]
) -> None:
    alone, _ = taken(files / "处理报告单", "report")
    packed, refusals = taken(files / "全部.zip", "report")
    assert [draft.value for draft in packed] == [draft.value for draft in alone]
    assert [draft.source for draft in packed] == [f"处理报告单/{draft.source}" for draft in alone]
    assert [(each.source, each.reason) for each in refusals] == [(expected["全部.zip"]["bad"][0]["file"], "unreadable")]


def test_headings_of_a_document_are_categories_and_questions(files: Path, expected: dict[str, Any]) -> None:
    wanted = expected["常见问题.docx"]
    drafts, refusals = taken(files / "常见问题.docx", "article")
    values = [draft.value for draft in drafts]
    assert not refusals
    assert {value.kind for value in values} == {"faq"}
    assert Counter(value.module for value in values) == wanted["categories"]
    assert sum(len(value.attachments) for value in values) == wanted["pictures"]
    assert sum(value.fields["answer"].count("| --- |") for value in values) >= wanted["tables"]
    asked = {(value.module, value.title) for value in values}
    assert {(sample["category"], sample["question"]) for sample in wanted["samples"]} <= asked


def test_the_picture_of_an_answer_comes_along(files: Path) -> None:
    drafts, _ = taken(files / "常见问题.docx", "article")
    (picture,) = drafts[3].value.attachments
    assert picture.media_type == "image/png"
    assert picture.data.startswith(b"\x89PNG")
    assert f"](attachment:{picture.name})" in drafts[3].value.fields["answer"]


def test_pages_of_a_folder_refer_to_each_other_by_key(files: Path, expected: dict[str, Any]) -> None:
    wanted = expected["操作指南/"]
    drafts, refusals = taken(files / "操作指南", "article")
    by_source = {draft.source: draft for draft in drafts}
    assert len(by_source) == wanted["good"]
    assert [(each.source, each.reason) for each in refusals] == [(wanted["bad"][0]["file"], "front_matter")]
    links = [link for draft in drafts for link in re.findall(r"\]\((article:[^)\s]+)\)", body(draft))]
    assert len(links) == wanted["links_in_good_pages"]
    assert [draft.source for draft in drafts if draft.notes] == [wanted["dead_link_in"]]
    assert [draft.source for draft in drafts if draft.value.attachments] == [wanted["picture_in"]]
    for sample in wanted["samples"]:
        assert by_source[sample["file"]].value.title == sample["title"]
        for link in sample["links"]:
            assert f"[{Path(link).stem}](article:操作指南/" in body(by_source[sample["file"]])


def test_every_link_between_pages_is_the_key_of_one(files: Path, expected: dict[str, Any]) -> None:
    from urllib.parse import unquote

    drafts, _ = taken(files / "操作指南", "article")
    keys = {draft.value.key for draft in drafts}
    links = {unquote(link) for draft in drafts for link in re.findall(r"\]\(article:([^)\s]+)\)", body(draft))}
    assert len(links - keys) == len(expected["操作指南/"]["bad"]), "only the refused page is missing"


def test_json_lines_and_a_json_list_give_the_same_articles(files: Path, expected: dict[str, Any]) -> None:
    lines, refusals = taken(files / "知识.jsonl", "article")
    listed, none = taken(files / "知识.json", "article")
    wanted = expected["知识.jsonl"]
    assert not none
    assert [draft.value for draft in lines] == [draft.value for draft in listed]
    assert len(lines) == wanted["good"]
    assert [(each.place, each.reason) for each in refusals] == [
        (f"第 {bad['line']} 行", bad["code"]) for bad in wanted["bad"]
    ]
    by_key = {draft.value.key: draft.value for draft in lines}
    assert Counter(value.kind for value in by_key.values()) == {
        "solution": wanted["kinds"]["故障方案"],
        "faq": wanted["kinds"]["常见问题"],
    }
    for sample in wanted["samples"]:
        value = by_key[sample["id"]]
        assert (value.title, value.system, value.module) == (sample["title"], sample["system"], sample["category"])
        assert value.fields["answer"] == sample["answer"].strip()


def body(draft: Draft) -> str:
    assert isinstance(draft.value, ArticleInput)
    return draft.value.fields["body"]
