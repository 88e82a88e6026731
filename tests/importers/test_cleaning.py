"""Texts, days and codes as people type them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers import cleaning
from importers.results import Calendar

IN_2024 = Calendar(year=2024)


@pytest.mark.parametrize(
    "told",
    [
        "2024-03-05", "2024-3-5", "2024/3/5", "2024.3.5", "2024年3月5日", "2024 年 3 月 5 日", "20240305", "24年3月5日",
        "２０２４－０３－０５", "２０２４年３月５日", "二〇二四年三月五日", "二零二四年三月五号",
        "3月5日", "三月五日", "45356",
        "2024-03-05 00:00:00", "2024-03-05（星期二）", "  2024-03-05\n",
    ],
)  # fmt: skip
def test_a_day_is_understood_in_every_usual_spelling(told: str):
    assert cleaning.day(told, IN_2024) == "2024-03-05"


@pytest.mark.parametrize(
    ("told", "minute"),
    [
        ("2024-02-27 10:22", "10:22"), ("2024/2/27 9:07", "09:07"), ("2024年2月27日 下午3点20分", "15:20"),
        ("2024-02-27T09:07:11+08:00", "09:07"), ("202402270907", "09:07"), ("2024-02-27 上午12时", "00:00"),
        ("2024-02-27 中午12点30分", "12:30"), ("2024-02-27 3:20 PM", "15:20"), ("45349.5", "12:00"),
        ("2024-02-27 00:00", "00:00"),
    ],
)  # fmt: skip
def test_a_time_is_kept_to_the_minute(told: str, minute: str):
    assert cleaning.day(told) == f"2024-02-27 {minute}"


@pytest.mark.parametrize(
    "told",
    [
        "2024年2月30日", "2024-13-05", "2024-02-27 25:00", "9999999", "9532", "701", "赵六", "3/5/2024", "3.5",
        "2024年3月",
        "2024-03-05 之后", "0024-03-05", "99999999999999999999", "二百年三月五日", "1e5", "²024-03-05x",
    ],
)  # fmt: skip
def test_what_is_no_day_is_not_understood(told: str):
    assert cleaning.day(told, IN_2024) is None


def test_a_day_without_a_year_needs_the_year_of_its_table():
    assert cleaning.day("3月5日") is None


@pytest.mark.parametrize("told", ["", "  ", "无", "长期", "长期有效", "-", "待定", "N/A"])
def test_no_day_told_is_no_mistake(told: str):
    assert cleaning.day(told) == ""


def test_a_serial_number_counts_from_where_its_workbook_begins():
    assert cleaning.day("45356", Calendar(date1904=False)) == "2024-03-05"
    assert cleaning.day("43894", Calendar(date1904=True)) == "2024-03-05"


@given(st.dates(date(1970, 1, 1), date(2099, 12, 31)))
def test_every_day_survives_its_spellings(day: date):
    serial = (day - date(1899, 12, 30)) / timedelta(days=1)
    spellings = (f"{day:%Y-%m-%d}", f"{day.year}年{day.month}月{day.day}日", f"{day:%Y%m%d}", f"{serial:.0f}")
    assert {cleaning.day(told) for told in spellings} == {day.isoformat()}


@given(st.text())
def test_any_text_becomes_one_that_can_be_kept(told: str):
    text = cleaning.text(told)
    assert text.encode("utf-8").decode() == text == cleaning.text(text)
    assert not set(text) & set("\x00\r\x7f\u202e\u200b\ufeff")
    cleaning.day(told)
    cleaning.codes(told)


def test_line_breaks_of_every_system_become_one():
    assert cleaning.text("一\r\n二\r三\u2028四\x0b五\n\n六") == "一\n二\n三\n四\n五\n\n六"


def test_a_lone_surrogate_is_replaced_and_a_nul_removed():
    assert cleaning.text("数\ud800据\x00库") == "数\ufffd据库"


def test_a_source_number_has_one_spelling():
    assert cleaning.key(" ００ ０１３９\n") == "000139"


def test_codes_are_parted_and_stand_once():
    assert cleaning.codes("ORA-00942，ORA-01017; ORA-00942\nError 8025") == ("ORA-00942", "ORA-01017", "Error 8025")


def test_similar_questions_are_parted_by_either_semicolon_and_by_lines():
    assert cleaning.questions("怎么登录？；如何登录？;登录\n 怎么登录？") == ("怎么登录？", "如何登录？", "登录")
