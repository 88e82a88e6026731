"""Files, folders and archives become sources; whatever is unsafe, broken or of another type is named and left out."""

import io
import os
import struct
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers import archives
from importers.errors import UnreadableSource
from importers.sources import Source, opened
from kb_service.inputs import Refusal

PAGE = "# 标题\n\n正文".encode()


def archive(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return path


def seen(path: Path) -> tuple[list[str], dict[str, str]]:
    """Names of the sources of a path, and the reasons of those refused."""
    with opened(path) as sources:
        found = list(sources)
    return (
        [each.name for each in found if isinstance(each, Source)],
        {each.source: each.reason for each in found if isinstance(each, Refusal)},
    )


def failure(path: Path) -> str:
    with pytest.raises(UnreadableSource) as failed:
        seen(path)
    assert path.name in failed.value.message
    return failed.value.code


def package(path: Path, **parts: bytes) -> Path:
    """An Office package; parts are named with ``__`` for a slash and ``_xml`` for the suffix."""
    named = {name.replace("__", "/").replace("_xml", ".xml"): data for name, data in parts.items()}
    return archive(path, {"[Content_Types].xml": b"<Types/>", **named})


def test_a_lone_file_is_one_source_and_known_to_be_alone(tmp_path: Path) -> None:
    page = tmp_path / "说明.md"
    page.write_bytes(PAGE)
    with opened(page) as sources:
        assert list(sources) == [Source(name="说明.md", path=page, format="md", alone=True)]


def test_a_folder_is_read_in_natural_order_without_pictures_and_system_files(tmp_path: Path) -> None:
    for name in ("第10页.md", "第2页.md", "子/第1页.md", ".DS_Store", "Thumbs.db", "~$锁.docx", "图.png", ".git/x.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(PAGE)
    assert seen(tmp_path) == (["子/第1页.md", "第2页.md", "第10页.md"], {})


def test_links_out_of_a_folder_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_bytes(PAGE)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "好.md").write_bytes(PAGE)
    (folder / "链接.md").symlink_to(secret)
    (folder / "目录.md").symlink_to(tmp_path, target_is_directory=True)
    assert seen(folder) == (["好.md"], {"链接.md": "unsafe_path", "目录.md": "unsafe_path"})


def test_a_missing_path_and_an_empty_folder_are_told(tmp_path: Path) -> None:
    assert failure(tmp_path / "没有.xlsx") == "not_found"
    folder = tmp_path / "空"
    folder.mkdir()
    assert failure(folder) == "no_files"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_names_without_the_utf8_flag_are_read_as_they_were_meant(tmp_path: Path, encoding: str) -> None:
    path = archive(tmp_path / "包.zip", {"x" * len("目录/页面.md".encode(encoding)): PAGE})
    raw = path.read_bytes()
    name = "目录/页面.md".encode(encoding)
    path.write_bytes(raw.replace(b"x" * len(name), name))
    assert seen(path)[0] == ["目录/页面.md"]


def test_names_with_backslashes_are_paths(tmp_path: Path) -> None:
    path = archive(tmp_path / "包.zip", {"目录\\页面.md": PAGE, "..\\外.md": PAGE})
    assert seen(path) == (["目录/页面.md"], {"../外.md": "unsafe_path"})


def test_names_on_disk_in_a_code_page_are_read_as_they_were_meant(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode("第一页.md".encode("gb18030"))).write_bytes(PAGE)
    assert seen(tmp_path) == (["第一页.md"], {})


def test_a_gbk_letter_that_ends_in_a_backslash_is_one_letter(tmp_path: Path) -> None:
    name = "昞.md".encode("gb18030")
    assert b"\\" in name
    path = archive(tmp_path / "包.zip", {"x" * len(name): PAGE})
    path.write_bytes(path.read_bytes().replace(b"x" * len(name), name))
    assert seen(path)[0] == ["昞.md"]


def test_names_with_what_cannot_be_seen_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "包.zip", {"a\u202edm.md": PAGE, "b\n.md": PAGE, "好.md": PAGE})
    assert seen(path) == (["好.md"], {"a\ufffddm.md": "unsafe_path", "b\ufffd.md": "unsafe_path"})


@pytest.mark.parametrize("name", ["../外.md", "a/../../外.md", "/etc/外.md", "C:/外.md", "C:\\外.md"])
def test_a_member_that_would_leave_the_folder_is_refused_and_the_rest_taken(tmp_path: Path, name: str) -> None:
    path = archive(tmp_path / "包.zip", {name: PAGE, "好.md": PAGE})
    names, reasons = seen(path)
    assert names == ["好.md"]
    assert set(reasons.values()) == {"unsafe_path"}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["包.zip"]


def test_a_symbolic_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "包.zip"
    with zipfile.ZipFile(path, "w") as packed:
        link = zipfile.ZipInfo("链接.md")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
        packed.writestr("好.md", PAGE)
    assert seen(path) == (["好.md"], {"链接.md": "unsafe_path"})


def test_an_encrypted_member_is_refused_and_the_rest_taken(tmp_path: Path) -> None:
    path = archive(tmp_path / "包.zip", {"密.md": PAGE, "好.md": PAGE})
    raw = bytearray(path.read_bytes())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(signature) + at] |= 1
    path.write_bytes(raw)
    assert seen(path) == (["好.md"], {"密.md": "encrypted"})


def test_the_files_of_one_kind_in_an_archive_do_not_stop_the_others(tmp_path: Path) -> None:
    path = archive(tmp_path / "包.zip", {"手册.pdf": b"%PDF", "坏.docx": b"PK\x03\x04", "好.md": PAGE, "图.png": b""})
    assert seen(path) == (["好.md"], {"手册.pdf": "unsupported", "坏.docx": "unreadable"})


def test_an_archive_within_an_archive_is_refused(tmp_path: Path) -> None:
    inner = archive(tmp_path / "内.zip", {"好.md": PAGE})
    path = archive(tmp_path / "外.zip", {"内.zip": inner.read_bytes(), "好.md": PAGE})
    assert seen(path) == (["好.md"], {"内.zip": "nested_zip"})


def test_little_that_becomes_much_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    assert failure(archive(tmp_path / "炸弹.zip", {"大.csv": b"0" * 20_000_000})) == "zip_bomb"
    assert failure(package(tmp_path / "炸弹.docx", word__document_xml=b" " * 20_000_000)) == "zip_bomb"


def test_members_that_share_bytes_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "重叠.zip", {"一.md": PAGE, "二.md": PAGE})
    raw = bytearray(path.read_bytes())
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 42 : second + 46] = struct.pack("<I", 0)
    path.write_bytes(raw)
    assert failure(path) in {"zip_bomb", "unreadable"}


def test_a_directory_that_lies_about_a_size_gives_no_more_than_it_declared(tmp_path: Path) -> None:
    path = archive(tmp_path / "谎.zip", {"大.csv": b"0123456789" * 50_000, "好.md": PAGE})
    raw = bytearray(path.read_bytes())
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        begin = raw.index(signature) + at
        raw[begin : begin + 4] = struct.pack("<I", 1000)
    path.write_bytes(raw)
    assert seen(path) == (["好.md"], {"大.csv": "unreadable"})


def test_too_many_members_are_refused_before_they_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive(tmp_path / "多.zip", {f"{number}.md": b"x" for number in range(archives.MEMBERS + 1)})
    assert failure(path) == "too_large"
    monkeypatch.setattr(archives, "_SIGNATURES", 100)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert failure(path) == "too_large"


def test_what_was_unpacked_is_gone_even_when_reading_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    path = archive(tmp_path / "包.zip", {"一.md": PAGE, "二.md": PAGE})
    with opened(path) as sources:
        first = next(sources)
        assert isinstance(first, Source)
        assert first.path.read_bytes() == PAGE
        assert first.path.parent.stat().st_mode & 0o077 == 0
    assert not list((tmp_path / "temp").iterdir())


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("表.xlsx", b"PK\x03\x04 cut off", "unreadable"),
        ("表.xlsx", "编号,现象\n1,慢".encode(), "wrong_type"),
        ("表.csv", b"PK\x05\x06" + bytes(18), "wrong_type"),
        ("表.csv", b"%PDF-1.7", "wrong_type"),
        ("表.csv", b"a\0b", "wrong_type"),
        ("表.xls", b"<html><table>", "wrong_type"),
        ("文.doc", b"{\\rtf1}", "wrong_type"),
        ("文.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "unreadable"),
        ("页.md", b"\x89PNG\r\n\x1a\n", "wrong_type"),
        ("页.md", b"", "empty_file"),
        ("网页.html", b"<html>", "unsupported"),
        ("手册.pdf", b"%PDF-1.7", "unsupported"),
        ("来信.eml", b"From: a", "unsupported"),
        ("表.ods", b"PK\x03\x04", "unsupported"),
        ("无名", b"abc", "unsupported"),
        ("包.rar", b"Rar!", "unsupported"),
    ],
)
def test_what_cannot_be_read_is_told_by_name_and_content(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert failure(path) == code
    (tmp_path / "好.md").write_bytes(PAGE)
    assert seen(tmp_path) == (["好.md"], {name: code})


def test_a_package_of_another_program_is_of_the_wrong_type(tmp_path: Path) -> None:
    assert failure(package(tmp_path / "表.docx", xl__workbook_xml=b"<w/>")) == "wrong_type"
    assert failure(package(tmp_path / "文.xlsx", word__document_xml=b"<w/>")) == "wrong_type"


def test_utf16_text_is_text(tmp_path: Path) -> None:
    path = tmp_path / "表.csv"
    path.write_bytes("编号,现象".encode("utf-16"))
    assert seen(path) == (["表.csv"], {})


@given(st.binary(max_size=400), st.sampled_from(["zip", "docx", "doc", "xls", "md"]))
def test_any_bytes_under_any_name_are_a_source_or_a_reason(data: bytes, suffix: str) -> None:
    magic = {"zip": b"PK\x03\x04", "docx": b"PK\x03\x04", "doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x.{suffix}"
        path.write_bytes(magic.get(suffix, b"") + data)
        with warnings.catch_warnings(action="ignore"), suppress(UnreadableSource):
            assert len(seen(path)[0]) <= 1


@given(st.data())
def test_an_archive_damaged_anywhere_gives_sources_refusals_or_a_reason(data: st.DataObject) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("一.md", PAGE * 20)
        packed.writestr("目录/二.md", PAGE)
    raw = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(4, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.zip"
        path.write_bytes(raw[: data.draw(st.integers(4, len(raw)))])
        with suppress(UnreadableSource):
            names, reasons = seen(path)
            assert len(names) + len(reasons) <= 2
