"""Workbooks and text tables as people keep them become drafts and refusals that name their place."""

import zipfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from importers.decoding import encoding_of
from importers.errors import ImportFailed, MissingColumns, UnreadableSource
from importers.pipeline import preview, read
from importers.readers import delimited, xls, xlsx
from importers.results import Settings
from kb_service.inputs import Draft, Refusal, ReportInput
from tests.importers.books import source, workbook

TITLES = ["编号", "申请单位", "问题现象", "解决方案", "发生日期", "处理日期", "状态"]
ROW = ["000123", "某县税务局", "系统内存不足", "扩大内存", "2024-03-05", "2024-03-06", "已解决"]


def ledger(path: Path, *rows: Sequence[object], titles: Sequence[str] = TITLES) -> Path:
    return workbook(path / "台账.xlsx", {"一季度": [titles, *rows]})


def changed(**cells: object) -> list[object]:
    names = dict(zip(TITLES, ROW, strict=True)) | cells
    return list(names.values())


def all_of(path: Path, kind: str = "report", **chosen: object) -> list[Draft | Refusal]:
    return list(read(path, kind, Settings(**chosen)))


def reports(path: Path, **chosen: object) -> list[ReportInput]:
    return [taken.value for taken in all_of(path, **chosen) if isinstance(taken, Draft)]


def reasons(path: Path, **chosen: object) -> list[tuple[str, str]]:
    return [(taken.place, taken.reason) for taken in all_of(path, **chosen) if isinstance(taken, Refusal)]


def test_rows_of_a_sheet_become_reports_that_know_their_place(tmp_path: Path):
    (taken,) = all_of(ledger(tmp_path, ROW))
    assert isinstance(taken, Draft)
    assert (taken.source, taken.place) == ("台账.xlsx", "工作表“一季度”第 2 行")
    assert taken.value == ReportInput(
        key="000123", organisation="某县税务局", phenomenon="系统内存不足", resolution="扩大内存",
        occurred="2024-03-05", resolved="2024-03-06", status="已解决",
    )  # fmt: skip


def test_titles_are_found_below_a_heading_and_in_two_merged_rows(tmp_path: Path):
    rows = [
        ["某局台账（2024年一季度）"],
        ["编号", "问题情况", None, "内部备注"],
        [None, "问题现象", "发生日期", None],
        ["000123", "系统内存不足", "3月5日", "已回访"],
    ]
    path = workbook(tmp_path / "台账.xlsx", {"一季度": rows}, merged=["A1:D1", "A2:A3", "B2:C2", "D2:D3"])
    (report,) = reports(path)
    assert (report.key, report.phenomenon, report.occurred) == ("000123", "系统内存不足", "2024-03-05")
    (table,) = preview(path, "report", Settings()).tables
    assert table.header_rows == (2, 3)


def test_titles_that_complete_each_other_in_two_rows_need_no_merged_cells(tmp_path: Path):
    rows = [["编号", None, "解决方案"], [None, "问题现象", None], ["1", "系统内存不足", "扩大内存"]]
    (report,) = reports(workbook(tmp_path / "台账.xlsx", {"表": rows}))
    assert (report.key, report.phenomenon, report.resolution) == ("1", "系统内存不足", "扩大内存")


def test_a_merged_cell_holds_for_each_of_its_rows(tmp_path: Path):
    rows = [TITLES, *(changed(编号=str(n), 申请单位="某局" if n == 1 else None) for n in range(1, 5))]
    path = workbook(tmp_path / "台账.xlsx", {"表": rows}, merged=["B2:B4"])
    assert [report.organisation for report in reports(path)] == ["某局", "某局", "某局", ""]


def test_blank_numbered_total_and_signature_rows_are_no_reports(tmp_path: Path):
    titles = ["序号", *TITLES]
    path = ledger(
        tmp_path, [1, *ROW], [None] * 8, [2], ["合计", None, None, 1, 1], ["制表人：张三　审核人：李四"], titles=titles
    )
    assert len(all_of(path)) == 1


def test_cells_are_read_as_people_see_them(tmp_path: Path):
    book = Workbook()
    sheet = book.active
    sheet.append([*TITLES, "错误代码", "电话"])
    sheet.append([139, "某局", "甲_x000D_乙", 0.30000000000000004, 45356, datetime(2024, 3, 6, 9, 7), True, 701, 9.0])
    sheet["A2"].number_format = "000000"
    sheet["E2"].number_format = 'yyyy"年"m"月"d"日"'
    book.save(tmp_path / "台账.xlsx")
    (report,) = reports(tmp_path / "台账.xlsx")
    assert (report.key, report.phenomenon, report.resolution) == ("000139", "甲\n乙", "0.3")
    assert (report.occurred, report.resolved) == ("2024-03-05", "2024-03-06 09:07")
    assert (report.status, report.codes, report.phone) == ("TRUE", ("701",), "9")


def test_days_of_a_1904_workbook_are_right(tmp_path: Path):
    book = Workbook()
    book.epoch = datetime(1904, 1, 1)
    book.active.append(["问题现象", "发生日期", "处理日期"])
    book.active.append(["甲", date(2024, 3, 5), 43895])
    book.save(tmp_path / "台账.xlsx")
    (report,) = reports(tmp_path / "台账.xlsx")
    assert (report.occurred, report.resolved) == ("2024-03-05", "2024-03-06")


def test_a_hidden_column_counts_unless_people_see_another_of_its_title(tmp_path: Path):
    book = Workbook()
    sheet = book.active
    sheet.append(["问题现象", "问题现象", "原因分析"])
    sheet.append(["旧", "新", "甲"])
    sheet.column_dimensions["A"].hidden = sheet.column_dimensions["C"].hidden = True
    book.save(tmp_path / "台账.xlsx")
    (report,) = reports(tmp_path / "台账.xlsx")
    assert (report.phenomenon, report.cause) == ("新", "甲")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"问题现象": None}, "empty_phenomenon"),
        ({"问题现象": " 　\n"}, "blank_phenomenon"),
        ({"解决方案": None}, "empty_resolution"),
        ({"发生日期": "2024年2月30日"}, "bad_date"),
        ({"发生日期": 9999999}, "bad_date"),
        ({"处理日期": "2024-03-01"}, "date_order"),
        ({"发生日期": "系统内存不足", "处理日期": "赵六"}, "shifted"),
        ({"处理日期": "赵六", "状态": "2024-03-06"}, "shifted"),
    ],
)
def test_a_bad_row_is_refused_and_the_others_stay(tmp_path: Path, cells: dict[str, object], reason: str):
    path = ledger(tmp_path, ROW, changed(编号="2", **cells), changed(编号="3"))
    assert [report.key for report in reports(path)] == ["000123", "3"]
    assert reasons(path) == [("工作表“一季度”第 3 行", reason)]


def test_a_formula_counts_by_its_saved_value_alone(tmp_path: Path):
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "台账.xlsx") as book:
        sheet = book.add_worksheet("表")
        for column, title in enumerate(TITLES):
            sheet.write(0, column, title)
            sheet.write(1, column, ROW[column])
            sheet.write(2, column, ROW[column])
        sheet.write_formula(1, 0, '=TEXT(139,"000000")', None, "000139")
        sheet.write_formula(2, 3, "=#REF!", None, "#REF!")
    (report,) = reports(tmp_path / "台账.xlsx")
    assert report.key == "000139"
    assert reasons(tmp_path / "台账.xlsx") == [("工作表“表”第 3 行", "formula_error")]


def test_a_formula_without_saved_value_is_refused_where_it_matters(tmp_path: Path):
    path = ledger(tmp_path, [*ROW, "=1+1"], changed(解决方案="=1+1"), titles=[*TITLES, "处理天数"])
    assert reasons(path) == [("工作表“一季度”第 3 行", "formula_unsaved")]


def test_a_cell_too_long_for_a_sheet_is_refused(tmp_path: Path):
    with zipfile.ZipFile(ledger(tmp_path, changed(解决方案="LONG"))) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(tmp_path / "长.xlsx", "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            long = "".join(map(chr, range(0x4E00, 0x4E00 + 16_500))) * 2
            new.writestr(name, data.replace(b"LONG", long.encode()))
    assert reasons(tmp_path / "长.xlsx") == [("工作表“一季度”第 2 行", "too_long")]


def test_a_key_occurs_once_in_all_sheets(tmp_path: Path):
    path = workbook(tmp_path / "台账.xlsx", {"甲": [TITLES, ROW], "乙": [TITLES, changed(编号="０００１２３")]})
    assert reasons(path) == [("工作表“乙”第 2 行", "duplicate_key")]


def test_a_refused_row_leaves_its_key_to_the_mended_one(tmp_path: Path):
    assert len(reports(ledger(tmp_path, changed(问题现象=None), ROW))) == 1


def test_a_sheet_that_is_no_table_is_passed_over_and_one_without_a_needed_column_refused(tmp_path: Path):
    sheets = {"说明": [["本表由信息中心填报"]], "甲": [TITLES, ROW], "乙": [["编号", "解决方案"], ["1", "甲"]]}
    path = workbook(tmp_path / "台账.xlsx", sheets)
    assert len(reports(path)) == 1
    assert reasons(path) == [("工作表“乙”", "missing_columns")]


def test_a_file_without_a_needed_column_is_an_error_that_names_it(tmp_path: Path):
    path = ledger(tmp_path, ["1", "甲"], titles=["编号", "解决方案"])
    with pytest.raises(MissingColumns, match=r"台账\.xlsx.*问题现象"):
        all_of(path)


def test_a_person_says_which_column_is_which(tmp_path: Path):
    path = ledger(tmp_path, ["甲", "乙", "丙"], titles=["问题现象", "事情", "事情"])
    (report,) = reports(path, mapping={"问题现象": "", "事情": "resolution", "事情 2": "phenomenon"})
    assert (report.phenomenon, report.resolution) == ("丙", "乙")


def test_a_preview_shows_titles_samples_and_what_is_missing(tmp_path: Path):
    path = ledger(tmp_path, ["1", "甲", "乙"], ["2", "丙", "丁"], titles=["编号", "解决方案", "爱好"])
    found = preview(path, "report", Settings())
    (table,) = found.tables
    assert [(column.title, column.field, column.samples) for column in table.columns] == [
        ("编号", "key", ("1", "2")), ("解决方案", "resolution", ("甲", "丙")), ("爱好", "", ("乙", "丁")),
    ]  # fmt: skip
    assert table.missing == ("phenomenon",)
    assert "ledger" in found.profiles


def test_an_answer_in_html_becomes_markdown_and_markup_alone_is_no_answer(tmp_path: Path):
    rows = [["分类", "标准问题", "相似问法", "答案"], ["登录", "怎么登录？", "如何登录；登录", "<p>用<b>证书</b></p>"]]
    path = workbook(tmp_path / "问答.xlsx", {"表": [*rows, ["登录", "怎么退出？", None, "<p>&nbsp;</p>"]]})
    good, bad = all_of(path, "article")
    assert isinstance(good, Draft)
    assert good.value.fields == {"answer": "用**证书**"}
    assert (good.value.asked, good.value.module) == (("如何登录", "登录"), "登录")
    assert isinstance(bad, Refusal)
    assert bad.reason == "empty_answer"


def damaged(path: Path, at: int, by: bytes) -> Path:
    data = path.read_bytes()
    at %= len(data)
    broken = path.with_name(f"坏-{path.name}")
    broken.write_bytes(data[:at] + by + data[at + len(by) :] if by else data[:at])
    return broken


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10**6), by=st.binary(max_size=4))
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(tmp_path: Path, at: int, by: bytes):
    path = damaged(ledger(tmp_path, ROW), at, by)
    with suppress(ImportFailed):
        all_of(path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sheet=st.text(alphabet=st.sampled_from("<>/crowvtis=\"'0129AZ &;#x-"), max_size=60))
def test_a_worksheet_of_any_xml_is_read_or_refused_and_nothing_else(tmp_path: Path, sheet: str):
    with zipfile.ZipFile(ledger(tmp_path, ROW)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    path = tmp_path / "怪.xlsx"
    with zipfile.ZipFile(path, "w") as new:
        for name, data in parts.items():
            new.writestr(name, data.replace(b"<sheetData>", f"<sheetData>{sheet}".encode()))
    with suppress(UnreadableSource):
        for table in xlsx.tables(source(path, "xlsx"), Settings()):
            list(table.rows)


def test_a_table_wider_than_the_limit_is_refused(tmp_path: Path):
    with pytest.raises(UnreadableSource, match="200 列"):
        all_of(ledger(tmp_path, [*ROW, *[""] * 200, "远"]))


def test_an_old_workbook_gives_the_same_rows(tmp_path: Path):
    rows = [
        TITLES,
        changed(编号=139, 发生日期=date(2024, 3, 5)),
        changed(申请单位=None, 处理日期=datetime(2024, 3, 6, 9, 7)),
    ]
    path = workbook(tmp_path / "台账.xlsx", {"表": rows}, merged=["B2:B3"])
    (table,) = xls.tables(source(path, "xls"), Settings())
    first, second = list(table.rows)[1:]
    assert (first.values[0], first.values[4]) == ("139", "2024-03-05")
    assert (second.number, second.top, second.values[1], second.values[5]) == (3, 2, "某县税务局", "2024-03-06 09:07")


def test_a_broken_old_workbook_ends_its_reader_and_not_us(tmp_path: Path):
    path = tmp_path / "台账.xls"
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\xff" * 1015)
    with pytest.raises(UnreadableSource, match=r"台账\.xls"):
        list(xls.tables(source(path, "xls"), Settings()))


def csv_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "报告.csv"
    path.write_bytes(text.encode(encoding))
    return path


LINES = (
    "编号,问题现象,解决方案\r\n"
    'G1,由于没有足够的内存，服务器无法启动,"第一行\n第二行, 还有""引号"""\r\n'
    "G2,数据库连接超时,重启服务\r\n"
)
TRADITIONAL = "編號,問題現象,解決方案\r\nT1,建立伺服器的連接時發生錯誤,請檢查網路設定與防火牆\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_text_table_is_read_in_every_encoding_people_save(tmp_path: Path, encoding: str):
    path = csv_file(tmp_path, LINES, encoding)
    assert [(report.key, report.resolution) for report in reports(path)] == [
        ("G1", '第一行\n第二行, 还有"引号"'), ("G2", "重启服务"),
    ]  # fmt: skip


def test_big5_is_told_from_gb18030_though_it_passes_as_such(tmp_path: Path):
    path = csv_file(tmp_path, TRADITIONAL, "big5")
    assert encoding_of(path.read_bytes()) == "big5"
    assert [report.phenomenon for report in reports(path)] == ["建立伺服器的連接時發生錯誤"]
    assert encoding_of(TRADITIONAL.encode("gb18030")) == "gb18030"


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str):
    path = csv_file(tmp_path, delimiter.join(["编号", "问题现象"]) + "\n" + delimiter.join(["1", "甲，乙"]) + "\n")
    assert preview(path, "report", Settings()).delimiter == delimiter
    assert [report.phenomenon for report in reports(path)] == ["甲，乙"]


def test_a_person_chooses_encoding_and_delimiter(tmp_path: Path):
    path = csv_file(tmp_path, "編號;問題現象\n1;甲,乙\n", "big5")
    assert reports(path, encoding="big5", delimiter=";")[0].phenomenon == "甲,乙"
    with pytest.raises(UnreadableSource, match="编码"):
        all_of(path, encoding="hex")
    with pytest.raises(UnreadableSource, match="分隔符"):
        all_of(path, delimiter="ab")


def test_one_line_that_cannot_be_decoded_is_refused_alone(tmp_path: Path):
    path = csv_file(
        tmp_path, LINES + "".join(f"H{n},网络中断导致申报失败,更换交换机\r\n" for n in range(50)), "gb18030"
    )
    path.write_bytes(path.read_bytes().replace("数据库".encode("gb18030"), b"\xff\xbe\xdd\xbf\xe2"))
    assert len(reports(path)) == 51
    assert reasons(path) == [("第 2 条（第 4 行）", "undecodable")]


def test_lines_too_narrow_too_wide_or_empty_are_refused_with_record_and_line(tmp_path: Path):
    path = csv_file(tmp_path, LINES + "G3,甲\n,,\n\nG4,甲,乙,丙\nG5,甲,乙,\n")
    assert reasons(path) == [
        ("第 3 条（第 5 行）", "field_count"), ("第 4 条（第 6 行）", "empty"), ("第 5 条（第 8 行）", "field_count"),
    ]  # fmt: skip
    assert reports(path)[-1].key == "G5"


def test_a_line_beyond_every_size_is_refused_and_the_rest_goes_on(tmp_path: Path):
    path = csv_file(tmp_path, f"编号,问题现象\n1,{'长' * 140_000}\n2,{'长' * 40_000}\n3,甲\n")
    assert [reason for _, reason in reasons(path)] == ["field_count", "too_long"]
    assert [report.key for report in reports(path)] == ["3"]


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused_and_nothing_else(tmp_path: Path, data: bytes):
    path = tmp_path / "报告.csv"
    path.write_bytes("编号,问题现象\n1,甲\n".encode() + data)
    with suppress(UnreadableSource):
        for table in delimited.tables(source(path, "csv"), Settings()):
            list(table.rows)
