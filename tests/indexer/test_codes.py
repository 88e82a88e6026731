"""Codes are one term in every common spelling, and found by their parts."""

import pytest

from indexer.analysis.analyzer import Analyzer

SPELLINGS = {
    "ora942": [
        "ORA-00942",
        "ora-942",
        "ORA00942",
        "ORA 00942",
        "ora_00942",
        "ＯＲＡ－００９４２",
        "Ora - 00942",
        "ORA:00942",
    ],
    "0x80070005": ["0x80070005", "0X80070005", "０ｘ８００７０００５"],
    "0x7b": ["0x0000007B", "0x7b"],
    "kb123": ["KB000123", "KB-000123", "kb 123", "KB123", "kb_000123"],
    "bg123": ["BG000123", "bg-123", "ＢＧ１２３"],
    "bea101083": ["BEA-101083", "<BEA-101083>", "bea 101083"],
    "500.19": ["500.19", "５００.１９", "HTTP错误500.19"],
    "a6442": ["A06442", "a6442", "Ａ０６４４２", "A-06442"],
    "-1073": ["-1073", "－1073", "报错-1073", "代码:-1073。"],
    "8.2.1": ["8.2.1", "v8.2.1-SNAPSHOT", "V 8.2.1", "08.02.1"],
    "192.168.1.10": ["192.168.1.10", "192.168.001.010", "http://192.168.1.10:8080/a"],
    "t4cttioer11": ["T4CTTIoer11", "t4cttioer11"],
}


@pytest.mark.parametrize(("code", "spelling"), [(code, text) for code, texts in SPELLINGS.items() for text in texts])
def test_a_code_is_one_term_in_any_spelling(analyzer: Analyzer, code: str, spelling: str):
    assert code in analyzer.tokens(f"处理时提示{spelling}，请重试").terms
    assert code in analyzer.question(spelling).codes


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ORA-00942", {"ora", "942"}),
        ("v8.2.1-SNAPSHOT", {"v8.2.1", "8.2.1", "8", "2", "1", "snapshot"}),
        ("ORA-00942:table", {"ora942", "table"}),
        ("/usr/local/A06442.log", {"usr", "local", "a6442", "log"}),
        ("java.lang.NullPointerException", {"java", "lang", "nullpointerexception"}),
        ("tidb_ddl_version", {"tidb", "ddl", "version"}),
    ],
)
def test_a_name_is_found_by_its_parts(analyzer: Analyzer, text: str, parts: set[str]):
    assert parts <= set(analyzer.tokens(text).terms)


def test_a_plain_word_or_number_is_no_code(analyzer: Analyzer):
    assert analyzer.question("Windows 打印 2024 ORA").codes == ()
