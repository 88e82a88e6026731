"""Word documents made here: forms of every layout, questions, pages, and packages made to do harm."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.opc.constants import RELATIONSHIP_TYPE
from hypothesis import given
from hypothesis import strategies as st
from mammoth.docx import office_xml
from mammoth.docx.styles_xml import read_styles_xml_element

from importers.errors import ImportFailed
from importers.readers import docx as reader
from importers.readers.forms import forms
from importers.results import Settings, Told
from importers.sources import Source

LABELS = ("编号", "申请单位", "系统", "问题现象", "解决方案")
TEMPLATE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"
TYPES = "[Content_Types].xml"
MAIN = "word/document.xml"
NUMBERING_STYLE = (
    b'<w:style w:type="numbering" w:styleId="L"><w:name w:val="L"/>'
    b'<w:pPr><w:ind w:left="1"/><w:numPr><w:numId w:val="7"/></w:numPr></w:pPr></w:style>'
)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060000000040001f61738550000000049454e44ae426082"
)


def form(document: Any, rows: Sequence[Sequence[str]]) -> None:
    table = document.add_table(rows=0, cols=max(map(len, rows)))
    for row in rows:
        cells = table.add_row().cells
        for cell, text in zip(cells, row, strict=False):
            cell.text = text
        if len(row) < len(cells):
            cells[len(row) - 1].merge(cells[-1])


def saved(document: Any, path: Path) -> Path:
    document.save(str(path))
    return path


def read(path: Path, kind: str = "report") -> list[Told]:
    source = Source(name=path.name, path=path, format="docx", alone=True)
    found = list(reader.read(source, kind, Settings()))
    assert all(isinstance(each, Told) for each in found)
    return found  # type: ignore[return-value]


def failure(path: Path, kind: str = "report") -> str:
    with pytest.raises(ImportFailed) as failed:
        read(path, kind)
    return failed.value.code


def repacked(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, change(name, data))
    return path


@pytest.mark.parametrize(
    "spelled",
    [
        lambda label: label,
        " ".join,
        "　".join,
        lambda label: f"{label}：",
        lambda label: f"{'  '.join(label)} :",
        lambda label: f"{label[:2]}\n{label[2:]}",
    ],
)
def test_labels_are_known_in_any_spelling(tmp_path: Path, spelled: Callable[[str], str]) -> None:
    document = docx.Document()
    form(document, [(spelled(label), f"值{number}") for number, label in enumerate(LABELS)])
    (told,) = read(saved(document, tmp_path / "单.docx"))
    assert told.fields == {
        "key": "值0",
        "organisation": "值1",
        "system": "值2",
        "phenomenon": "值3",
        "resolution": "值4",
    }
    assert told.place == "整个文件"


def test_four_columns_merged_cells_and_a_number_above_the_table(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("问题处理报告单")
    document.add_paragraph("编号：BG-01　　报告日期：2024年3月5日")
    form(
        document,
        [("申请单位", "甲局"), ("联系人", "张三", "电话", ""), ("问题现象", "慢：很慢"), ("审核意见", "处理人：李四")],
    )
    document.add_paragraph("状态：已解决")
    (told,) = read(saved(document, tmp_path / "单.docx"))
    assert told.fields == {
        "key": "BG-01",
        "occurred": "2024年3月5日",
        "organisation": "甲局",
        "contact": "张三",
        "phone": "",
        "phenomenon": "慢：很慢",
        "status": "已解决",
    }
    assert told.cells["审核意见"] == "处理人：李四"


def test_paragraphs_line_breaks_and_lists_of_a_cell_are_lines(tmp_path: Path) -> None:
    document = docx.Document()
    form(document, [("系统", "甲"), ("编号", "1"), ("问题现象", "一\n二")])
    cell = document.tables[0].rows[2].cells[1]
    cell.add_paragraph("三")
    cell.add_paragraph("点", style="List Bullet")
    cell.add_paragraph("步", style="List Number")
    (told,) = read(saved(document, tmp_path / "单.docx"))
    assert told.fields["phenomenon"] == "一\n二\n三\n- 点\n1. 步"


def test_screenshots_in_a_form_come_along(tmp_path: Path) -> None:
    document = docx.Document()
    form(document, [("系统", "甲"), ("编号", "1"), ("问题现象", "慢")])
    document.tables[0].rows[2].cells[1].add_paragraph().add_run().add_picture(io.BytesIO(PIXEL))
    path = saved(document, tmp_path / "单.docx")
    (told,) = read(path)
    assert [picture.data for picture in told.attachments] == [PIXEL]
    repacked(path, lambda name, data: data.replace(b"image/png", b"image/x-emf") if name in TYPES else data)
    (told,) = read(path)
    assert told.attachments == ()
    assert told.fields["phenomenon"] == "慢\n〔此处图片未带入〕"
    form(document, [("系统", "甲"), ("编号", "2"), ("问题现象", "慢")])
    assert [(each.attachments, len(each.notes)) for each in read(saved(document, path))] == [((), 1), ((), 1)]


def test_tables_within_cells_are_read_as_tables(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("题？", 2)
    form(document, [("系统", "甲"), ("问题现象", "慢")])
    inner = document.tables[0].rows[0].cells[1].add_table(rows=1, cols=2)
    inner.rows[0].cells[0].text, inner.rows[0].cells[1].text = "编号", "7"
    path = saved(document, tmp_path / "单.docx")
    assert "7" in read(path, "article")[0].fields["answer"]
    form(document, [("系统", "甲"), ("联系人", "乙"), ("问题现象", "慢")])
    assert read(saved(document, path))[0].fields == {"system": "甲", "key": "7", "contact": "乙", "phenomenon": "慢"}


def test_a_document_may_hold_several_forms(tmp_path: Path) -> None:
    document = docx.Document()
    for number in (1, 2):
        document.add_paragraph(f"编号：{number}")
        form(document, [("系统", "甲"), ("联系人", "乙"), ("问题现象", f"现象{number}")])
    found = read(saved(document, tmp_path / "单.docx"))
    assert [(told.place, told.fields["key"], told.fields["phenomenon"]) for told in found] == [
        ("第 1 张表单", "1", "现象1"),
        ("第 2 张表单", "2", "现象2"),
    ]


def test_a_document_without_a_form_is_no_report(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("通知")
    assert failure(saved(document, tmp_path / "文.docx")) == "missing_columns"


def test_a_cell_of_33000_characters_is_told_whole(tmp_path: Path) -> None:
    document = docx.Document()
    form(document, [("系统", "甲"), ("编号", "1"), ("问题现象", "长" * 33_000)])
    (told,) = read(saved(document, tmp_path / "单.docx"))
    assert len(told.fields["phenomenon"]) == 33_000


def test_headings_are_categories_and_questions_with_their_pictures(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("引言")
    document.add_heading("登录", 1)
    document.add_heading("忘了 口令？", 2)
    document.add_paragraph("找管理员 <重置>。")
    document.add_heading("看不到图？", 2)
    document.add_picture(io.BytesIO(PIXEL))
    document.add_heading("网络", 1)
    document.add_heading("没有答案？", 2)
    found = read(saved(document, tmp_path / "问.docx"), "article")
    assert [(told.fields["module"], told.fields["title"], told.fields["answer"]) for told in found] == [
        ("登录", "忘了 口令？", "找管理员 <重置>。"),
        ("登录", "看不到图？", "![](attachment:图片1.png)"),
        ("网络", "没有答案？", ""),
    ]
    assert [[picture.data for picture in told.attachments] for told in found] == [[], [PIXEL], []]


def test_a_document_without_questions_is_one_page(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("部署说明", 0)
    document.add_paragraph("先停服务。")
    (told,) = read(saved(document, tmp_path / "文.docx"), "article")
    assert told.fields == {"kind": "reference", "key": "文.docx", "title": "部署说明", "body": "先停服务。"}


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/canary.png", "file:///etc/hostname", "secret.png", "//host/x.png"]
)
def test_nothing_outside_the_package_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    tried: list[object] = []
    monkeypatch.setattr("socket.socket.connect", lambda *to: tried.append(to))
    monkeypatch.setattr("mammoth.docx.files.urlopen", tried.append)
    (tmp_path / "secret.png").write_bytes(PIXEL)
    document = docx.Document()
    document.add_heading("题？", 2)
    document.add_picture(io.BytesIO(PIXEL))
    document.part.relate_to("http://127.0.0.1:9/t.dotx", TEMPLATE, is_external=True)
    outside = document.part.relate_to(address, RELATIONSHIP_TYPE.IMAGE, is_external=True).encode()
    path = repacked(
        saved(document, tmp_path / "文.docx"),
        lambda name, data: re.sub(rb'r:embed="[^"]+"', b'r:link="' + outside + b'"', data) if name == MAIN else data,
    )
    (told,) = read(path, "article")
    assert (told.fields["answer"], told.attachments, tried) == ("", (), [])


def test_what_is_left_of_the_styles_is_all_that_is_read_of_them(tmp_path: Path) -> None:
    with zipfile.ZipFile(saved(docx.Document(), tmp_path / "文.docx")) as package:
        whole = package.read("word/styles.xml").replace(b"</w:styles>", NUMBERING_STYLE + b"</w:styles>")
    slim = reader._slim_styles(whole)
    assert len(slim) < len(whole) / 10
    told, kept = (vars(read_styles_xml_element(office_xml.read(io.BytesIO(data)))) for data in (whole, slim))
    assert kept == told
    assert kept["_numbering_styles"]["L"].num_id == "7"


@pytest.mark.parametrize(
    "part", ["word/document.xml", "word/styles.xml", "word/_rels/document.xml.rels", "[Content_Types].xml"]
)
@pytest.mark.parametrize(
    "declaration",
    [
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">',
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
def test_a_document_type_in_any_part_is_refused(tmp_path: Path, part: str, declaration: bytes) -> None:
    path = saved(docx.Document(), tmp_path / "文.docx")
    repacked(path, lambda name, data: data.replace(b"?>", b"?>" + declaration, 1) if name == part else data)
    assert failure(path) == "unsafe_xml"


def test_a_part_too_large_for_a_tree_is_refused(tmp_path: Path) -> None:
    path = saved(docx.Document(), tmp_path / "文.docx")
    filler = bytes(range(33, 60)).replace(b"<", b"").replace(b"&", b"") * 1_000_000
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as package:
        package.writestr("word/header9.xml", b"<a>" + filler + b"</a>")
    assert failure(path) == "too_large"


def test_nesting_beyond_reason_is_refused(tmp_path: Path) -> None:
    path = saved(docx.Document(), tmp_path / "文.docx")
    deep = b"<w:sdt><w:sdtContent>" * 5000 + b"</w:sdtContent></w:sdt>" * 5000
    repacked(path, lambda name, data: data.replace(b"<w:body>", b"<w:body>" + deep) if name == MAIN else data)
    assert failure(path) == "unreadable"


@pytest.mark.parametrize("kept", [100, 2000, 0.5, 0.9, 0.999])
def test_a_document_cut_off_is_unreadable(tmp_path: Path, kept: float) -> None:
    path = saved(docx.Document(), tmp_path / "文.docx")
    data = path.read_bytes()
    path.write_bytes(data[: int(kept if kept > 1 else kept * len(data))])
    assert failure(path) == "unreadable"


def test_a_package_without_its_main_part_is_unreadable(tmp_path: Path) -> None:
    path = saved(docx.Document(), tmp_path / "文.docx")
    repacked(path, lambda name, data: b"<a/>" if name == MAIN else data)
    assert failure(path) in {"unreadable", "missing_columns"}
    repacked(path, lambda name, data: b"<a>" if name == MAIN else data)
    assert failure(path) == "unreadable"


CELL = st.sampled_from([*LABELS, "", "值", "编号：1", "甲：乙", "长" * 50, "\n", "申 请 单 位"])


@given(
    st.lists(CELL | st.lists(st.lists(CELL, max_size=6), max_size=6), max_size=6),
    st.sampled_from(["report", "article"]),
)
def test_any_tables_and_paragraphs_give_forms_or_none(blocks: list[Any], kind: str) -> None:
    for found in forms(blocks, kind):
        assert found.fields
        assert set(found.fields.values()) <= {"", *(text for block in blocks for text in texts(block))}


def texts(block: Any) -> list[str]:
    cells = [block] if isinstance(block, str) else [cell for row in block for cell in row]
    return [*cells, *(part.strip() for cell in cells for part in cell.replace("：", ":").split(":"))]
