"""The rules that decide whether what was told becomes a report or an article."""

from collections.abc import Mapping
from dataclasses import fields as fields_of

import pytest

from importers import fields
from importers.drafting import draft
from importers.errors import REASONS
from importers.results import Calendar, Told
from kb_service.domain.article import AUDIENCES, KINDS
from kb_service.inputs import ArticleInput, Draft, Refusal, ReportInput

GOOD_REPORT = {"phenomenon": "系统内存不足", "resolution": "扩大内存", "status": "已解决", "occurred": "2024-03-05"}
GOOD_FAQ = {"title": "怎么登录？", "answer": "用证书登录。"}


def drafted(kind: str, told: Mapping[str, str], **more: str) -> Draft | Refusal:
    return draft(Told(source="台账.xlsx", place="第 4 行", fields=told, calendar=Calendar(year=2024), **more), kind)


def report(**changes: str) -> ReportInput:
    taken = drafted("report", {**GOOD_REPORT, **changes})
    assert isinstance(taken, Draft)
    assert isinstance(taken.value, ReportInput)
    return taken.value


def article(**told: str) -> ArticleInput:
    taken = drafted("article", told)
    assert isinstance(taken, Draft)
    assert isinstance(taken.value, ArticleInput)
    return taken.value


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"phenomenon": ""}, "empty_phenomenon"),
        ({"phenomenon": " 　\n\t"}, "blank_phenomenon"),
        ({"resolution": " "}, "empty_resolution"),
        ({"occurred": "2024年2月30日"}, "bad_date"),
        ({"resolved": "昨天"}, "bad_date"),
        ({"resolved": "2024-03-04"}, "date_order"),
        ({"occurred": "2024-03-05 10:22", "resolved": "2024-03-05 10:21"}, "date_order"),
        ({"resolution": "长" * 200_001}, "too_long"),
        ({"organisation": "长" * 201}, "too_long"),
    ],
)
def test_a_report_that_breaks_a_rule_is_refused_with_its_cells(changes: dict[str, str], code: str):
    told = {**GOOD_REPORT, **changes}
    refused = drafted("report", told, cells={"问题现象": "甲"})
    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.source, refused.place) == (code, "台账.xlsx", "第 4 行")
    assert refused.cells == {"问题现象": "甲"}
    assert refused.message.endswith("。")


def test_a_report_still_open_needs_no_resolution():
    assert report(status="处理中", resolution="").resolution == ""


def test_a_day_without_a_time_may_be_that_of_a_day_with_one():
    assert report(occurred="2024-03-05 10:22", resolved="2024-03-05").resolved == "2024-03-05"


def test_the_day_a_problem_was_dealt_with_dates_it_when_no_other_is_told():
    assert report(occurred="", resolved="2024-03-05 09:00").occurred == "2024-03-05 09:00"


def test_the_parts_of_a_report_are_cleaned_each_in_its_way():
    cleaned = report(
        key="０００１３９", organisation="某县\n税务局", codes="701、207", kind="巡检", phenomenon="一\r\n二\x00"
    )
    assert cleaned.key == "000139"
    assert cleaned.organisation == "某县 税务局"
    assert cleaned.codes == ("701", "207")
    assert cleaned.kind == "health_check"
    assert cleaned.phenomenon == "一\n二"


def test_a_fault_seen_by_the_reader_goes_before_every_rule():
    refused = drafted("report", {"phenomenon": ""}, fault="undecodable", about="问题现象")
    assert isinstance(refused, Refusal)
    assert refused.reason == "undecodable"
    assert "问题现象" in refused.message


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (GOOD_FAQ, "faq"),
        ({"symptom": "报错 701", "resolution": "扩大内存"}, "solution"),
        ({"title": "安装", "steps": "1. 下载"}, "howto"),
        ({"title": "版本说明", "body": "正文"}, "reference"),
        ({"title": "安装", "body": "1. 下载", "kind": "操作指南"}, "howto"),
        ({"title": "安装", "body": "1. 下载", "kind": "faq"}, "faq"),
    ],
)
def test_the_kind_of_an_article_is_told_or_seen_from_its_fields(told: dict[str, str], kind: str):
    value = article(**told)
    assert value.kind == kind
    needed = {field.name for field in KINDS[kind].fields if field.required}
    assert needed <= set(value.fields) <= {field.name for field in KINDS[kind].fields}


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"title": "怎么登录？", "answer": ""}, "empty_answer"),
        ({"title": "", "answer": "用证书登录。"}, "empty_title"),
        ({"title": "版本说明", "body": " "}, "empty_text"),
        ({"symptom": "报错", "resolution": ""}, "empty_resolution"),
        ({"title": "", "answer": " "}, "empty"),
        ({**GOOD_FAQ, "valid_from": "2025-01-01", "valid_to": "2024-01-01"}, "validity_order"),
        ({**GOOD_FAQ, "valid_to": "2024-13-05"}, "bad_date"),
    ],
)
def test_an_article_that_breaks_a_rule_is_refused(told: dict[str, str], code: str):
    refused = drafted("article", told)
    assert isinstance(refused, Refusal)
    assert refused.reason == code


def test_the_other_ways_to_ask_do_not_repeat_the_title():
    assert article(**GOOD_FAQ, asked="如何登录？;怎么登录？").asked == ("如何登录？",)


def test_an_article_valid_for_ever_has_no_last_day():
    assert article(**GOOD_FAQ, valid_from="2024年1月1日", valid_to="长期有效").valid_to == ""


def test_an_audience_is_known_by_its_chinese_name():
    assert article(**GOOD_FAQ, audience="公开").audience in AUDIENCES
    assert article(**GOOD_FAQ, audience="所有人").audience == ""


def test_a_text_its_kind_has_no_field_for_is_named_in_a_note():
    taken = drafted("article", {**GOOD_FAQ, "cause": "证书过期"})
    assert isinstance(taken, Draft)
    assert taken.notes == ("“原因分析”不是这类知识的字段，未导入。",)


def test_the_path_of_a_page_stays_its_key_letter_by_letter():
    assert article(title="页", body="文", key="指南/GC 配置（一）.md").key == "指南/GC 配置（一）.md"


def test_the_fields_of_an_import_are_those_of_the_inputs():
    report_fields = {field.name for field in fields_of(ReportInput)} - {"attachments"}
    assert {field.name for field in fields.FIELDS["report"]} == report_fields
    contents = {field.name for kind in KINDS.values() for field in kind.fields}
    assert contents == set(fields.CONTENTS)
    meta = {field.name for field in fields_of(ArticleInput)} - {"attachments", "fields", "scope", "restricted_to"}
    assert {field.name for field in fields.FIELDS["article"]} == meta | contents


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_is_a_sentence_that_says_what_to_do(code: str):
    assert REASONS[code].endswith("。")
    assert code == code.lower()
