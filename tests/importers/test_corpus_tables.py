"""The ledgers, text tables and question tables of the real files give exactly what is expected of them."""

import importlib.util
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from importers.pipeline import preview, read
from importers.results import Settings
from kb_service.inputs import ArticleInput, Draft, Refusal, ReportInput

REPORTS = (
    "问题台账.xlsx",
    "问题处理报告_GBK.csv",
    "问题处理报告_Big5.csv",
    "问题处理报告_UTF8-BOM.tsv",
    "问题处理报告_UTF8-BOM.csv",
    "旧台账.xls",
)
PLACES = {
    "sheet": "工作表“{sheet}”第 {row} 行",
    "row": "工作表“常见问题”第 {row} 行",
    "record": "第 {record} 条（第 {line} 行）",
}


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


def place(bad: dict[str, Any]) -> str:
    return next(form.format(**bad) for name, form in PLACES.items() if name in bad)


@pytest.mark.parametrize("name", REPORTS)
def test_a_table_of_reports_gives_the_good_rows_and_names_the_bad_ones(
    name: str, files: Path, expected: dict[str, Any]
):
    drafts, refusals = taken(files / name, "report")
    wanted = expected[name]
    assert len(drafts) == wanted["good"]
    assert [(bad.place, bad.reason) for bad in refusals] == [(place(bad), bad["code"]) for bad in wanted["bad"]]
    assert all(bad.source == name and bad.message and bad.cells for bad in refusals)


@pytest.mark.parametrize("name", REPORTS)
def test_the_sample_reports_are_word_for_word_right(name: str, files: Path, expected: dict[str, Any]):
    by_key = {draft.value.key: draft for draft in taken(files / name, "report")[0]}
    for sample in expected[name]["samples"]:
        draft = by_key[sample["key"]]
        assert isinstance(draft.value, ReportInput)
        told = {field: text for field, text in sample.items() if field not in {"sheet", "row", "code"}}
        assert {field: getattr(draft.value, field) for field in told} == told
        assert draft.value.codes == tuple(filter(None, [sample.get("code", "")]))
        if "sheet" in sample:
            assert draft.place == place(sample)


@pytest.mark.parametrize("name", REPORTS)
def test_a_preview_finds_titles_encoding_and_delimiter(name: str, files: Path, expected: dict[str, Any]):
    found, wanted = preview(files / name, "report", Settings()), expected[name]
    assert found.encoding == wanted.get("encoding", "")
    assert found.delimiter == wanted.get("delimiter", "," if "encoding" in wanted else "")
    for table in found.tables:
        assert not table.missing
        if "header_rows" in wanted:
            assert list(table.header_rows) == wanted["header_rows"]


def test_the_organisation_of_a_merged_cell_holds_for_each_row(files: Path):
    drafts, _ = taken(files / "问题台账.xlsx", "report")
    by_place = {draft.place: draft.value for draft in drafts}
    merged = [[by_place[f"工作表“二季度”第 {row} 行"].organisation for row in rows] for rows in ((4, 5, 6), (7, 8))]
    assert all(len(set(names)) == 1 and names[0] for names in merged)


def test_every_report_of_the_ledger_has_a_day_of_its_quarter(files: Path):
    drafts, _ = taken(files / "问题台账.xlsx", "report")
    months = {"一": "01 02 03", "二": "04 05 06", "三": "07 08 09", "四": "10 11 12"}
    for draft in drafts:
        assert isinstance(draft.value, ReportInput)
        assert draft.value.occurred[:4] == "2024"
        assert draft.value.occurred[5:7] in months[draft.place[4]].split()


def test_the_question_table_gives_its_questions_and_names_the_bad_ones(files: Path, expected: dict[str, Any]):
    wanted = expected["常见问题.xlsx"]
    drafts, refusals = taken(files / "常见问题.xlsx", "article")
    articles = [draft.value for draft in drafts if isinstance(draft.value, ArticleInput)]
    assert len(articles) == wanted["good"]
    assert [(bad.place, bad.reason) for bad in refusals] == [(place(bad), bad["code"]) for bad in wanted["bad"]]
    assert sum(len(article.asked) for article in articles) == wanted["similar_questions"]
    assert articles[0].title == wanted["samples"][0]["question"]
    assert {article.kind for article in articles} == {"faq"}
    assert not any("<" in article.fields["answer"] and "</" in article.fields["answer"] for article in articles)


def test_the_big_ledger_is_read_to_its_last_row(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    spec = importlib.util.spec_from_file_location("big_ledger", files / "大台账.py")
    assert spec
    assert spec.loader
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main(2000, tmp_path / "大台账.xlsx")
    drafts, refusals = taken(tmp_path / "大台账.xlsx", "report")
    assert [draft.value.key for draft in drafts] == [f"{number:08d}" for number in range(1, 2001)]
    assert refusals == []
