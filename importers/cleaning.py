"""Texts, days and lists of codes as people type them, made uniform; nothing is refused here, only not understood."""

import re
import unicodedata
from datetime import datetime, timedelta
from functools import lru_cache

from importers.results import Calendar

_ODD = re.compile(
    "[^\t\n -~\xa0-\u200a\u2010-\u2027\u202f-\u205f\u2070-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""What is no plain sign: controls, foreign line breaks, zero-width and direction signs, lone surrogates."""

_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BETWEEN_CODES = re.compile(r"[,，;；、|\n]+")
_BETWEEN_QUESTIONS = re.compile(r"[;；\n]+")

_ANY = Calendar()
_YEARS = range(1900, 2101)
_SERIAL_YEARS = range(1970, 2101)
_NO_DAY = frozenset(
    {"", "无", "-", "--", "/", "不详", "未知", "待定", "长期", "长期有效", "永久", "永久有效", "null", "none", "n/a"}
)
_WEEKDAY = re.compile(r"\(?(?:星期|周|礼拜)[一二三四五六日天]\)?")
_NUMERAL = re.compile("[〇零○一二三四五六七八九十]+")
_DIGITS = {**{sign: digit for digit, sign in enumerate("〇一二三四五六七八九")}, "零": 0, "○": 0}
_DAY = re.compile(
    r"(?:(?P<year>\d{4}|\d\d(?=年))\s*[-年./]\s*)?(?P<month>\d{1,2})\s*[-月./]\s*(?P<day>\d{1,2})\s*[日号]?"
)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?:(?P<hour>\d\d)(?P<minute>\d\d)(?:\d\d)?)?")
_SERIAL = re.compile(r"\d{4,7}(?:\.\d+)?")
_TIME = re.compile(
    r"[\sT]*(?P<half>上午|早上|凌晨|中午|下午|晚上|am|pm)?\s*(?P<hour>\d{1,2})\s*[:时点]\s*(?:(?P<minute>\d{1,2})\s*分?)?"
    r"(?:\s*:?\s*(?P<second>\d{1,2})(?:\.\d+)?\s*秒?)?\s*(?P<tail>am|pm)?(?:Z|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_AFTERNOON_BELOW = {"下午": 12, "晚上": 12, "pm": 12, "中午": 6}
_MORNING = frozenset({"上午", "早上", "凌晨", "am"})


def text(value: str) -> str:
    """A text fit to keep: ``\\n`` breaks lines; no control or direction characters, lone surrogates or outer space."""
    if _ODD.search(value):
        value = _ODD.sub("", _SURROGATE.sub("\ufffd", _BREAK.sub("\n", value)))
    return value.strip()


def line(value: str) -> str:
    """A text on one line, as names and titles are."""
    return " ".join(text(value).split())


def key(value: str) -> str:
    """A source number in one spelling: half width, no inner space."""
    return "".join(text(unicodedata.normalize("NFKC", value)).split())


def codes(value: str) -> tuple[str, ...]:
    """The error codes of a cell, each once, in order."""
    return _parts(_BETWEEN_CODES, unicodedata.normalize("NFKC", value))


def questions(value: str) -> tuple[str, ...]:
    """The similar questions of a cell, parted by semicolons or line breaks, each once, in order."""
    return _parts(_BETWEEN_QUESTIONS, value)


def _parts(between: re.Pattern[str], value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, map(line, between.split(text(value))))))


@lru_cache(maxsize=8192)
def day(value: str, calendar: Calendar = _ANY) -> str | None:
    """A day in any usual Chinese spelling as ``2024-03-05``, with `` 09:07`` when a time is told.

    "" when none is told (无, 长期 …), None when it is no day or one that does not exist. A day without a year takes
    the calendar's; a bare number is a spreadsheet serial.
    """
    told = _arabic(_WEEKDAY.sub("", line(unicodedata.normalize("NFKC", value)))).strip()
    if told.casefold() in _NO_DAY:
        return ""
    try:
        return _written(told, calendar)
    except (ValueError, OverflowError):
        return None


def _written(told: str, calendar: Calendar) -> str | None:
    if compact := _COMPACT.match(told):
        return _moment(compact, _TIME.fullmatch(told, compact.end()), told, calendar)
    if _SERIAL.fullmatch(told):
        return serial_day(float(told), calendar)
    if spelled := _DAY.match(told):
        return _moment(spelled, _TIME.fullmatch(told, spelled.end()), told, calendar)
    return None


def _moment(found: re.Match[str], time: re.Match[str] | None, told: str, calendar: Calendar) -> str | None:
    if (time is None and found.end() != len(told)) or not (found["year"] or "月" in found[0]):
        return None
    year = found["year"] or str(calendar.year)
    moment = datetime(int(f"20{year}" if len(year) == 2 else year), int(found["month"]), int(found["day"]))
    if moment.year not in _YEARS:
        return None
    clock = _clock(time) if time else _clock_of_digits(found)
    return f"{moment:%Y-%m-%d}" if clock is None else f"{moment.replace(hour=clock[0], minute=clock[1]):%Y-%m-%d %H:%M}"


def _clock(time: re.Match[str]) -> tuple[int, int] | None:
    """Hour and minute; None for 00:00:00, with which programs write a day without a time."""
    hour, minute, half = int(time["hour"]), int(time["minute"] or 0), (time["half"] or time["tail"] or "").casefold()
    if hour < _AFTERNOON_BELOW.get(half, 0):
        hour += 12
    elif half in _MORNING and hour == 12:
        hour = 0
    return None if time["second"] and not (hour or minute or int(time["second"])) else (hour, minute)


def _clock_of_digits(found: re.Match[str]) -> tuple[int, int] | None:
    digits = found.groupdict()
    return (int(digits["hour"]), int(digits["minute"])) if digits.get("hour") else None


@lru_cache(maxsize=8192)
def serial_day(number: float, calendar: Calendar) -> str | None:
    """The day a spreadsheet serial number stands for, None beyond 1970-2100.

    ECMA-376 part 1, 18.17.4.1: day 0 is 1899-12-30, which absorbs the leap day 1900 never had; in the 1904 system
    it is 1904-01-01.
    """
    begin = datetime(1904, 1, 1) if calendar.date1904 else datetime(1899, 12, 30)
    moment = begin + timedelta(seconds=round(number * 86400))
    if moment.year not in _SERIAL_YEARS:
        return None
    return f"{moment:%Y-%m-%d}" if moment.hour == moment.minute == 0 else f"{moment:%Y-%m-%d %H:%M}"


def _arabic(told: str) -> str:
    return _NUMERAL.sub(lambda found: _number(found[0]), told)


def _number(numeral: str) -> str:
    """二〇二四 -> 2024, 二十五 -> 25, 十 -> 10."""
    tens, ten, ones = numeral.partition("十")
    if not ten:
        return "".join(str(_DIGITS[sign]) for sign in numeral)
    return f"{_DIGITS.get(tens, 1)}{_DIGITS.get(ones, 0)}"
