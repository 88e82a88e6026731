"""What a file is, by its name and by its bytes, and the guard of Office packages; no text of it is read here."""

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import IO
from xml.parsers import expat

from importers import archives
from importers.errors import UnreadableSource

FORMATS: Mapping[str, tuple[str, str]] = {
    ".xlsx": ("xlsx", "xlsx"),
    ".xlsm": ("xlsx", "xlsx"),
    ".xls": ("xls", "xls"),
    ".csv": ("csv", "text"),
    ".txt": ("csv", "text"),
    ".tsv": ("tsv", "text"),
    ".md": ("md", "text"),
    ".markdown": ("md", "text"),
    ".docx": ("docx", "docx"),
    ".docm": ("docx", "docx"),
    ".doc": ("doc", "doc"),
    ".json": ("json", "text"),
    ".jsonl": ("jsonl", "text"),
    ".ndjson": ("jsonl", "text"),
    ".zip": ("zip", "zip"),
}
"""Suffix -> the format its reader goes by, the content it must have."""

UNSUPPORTED: Mapping[str, str] = {
    ".htm": "网页",
    ".html": "网页",
    ".mht": "网页",
    ".pdf": "PDF",
    ".eml": "邮件",
    ".msg": "邮件",
    ".ods": "OpenDocument 表格",
    ".odt": "OpenDocument 文档",
    ".ppt": "演示文稿",
    ".pptx": "演示文稿",
    ".rtf": "RTF 文档",
    ".et": "WPS 表格",
    ".wps": "WPS 文档",
    ".7z": "7z 压缩包",
    ".gz": "gz 压缩包",
    ".rar": "rar 压缩包",
    ".tar": "tar 压缩包",
}
"""Suffix -> what people call such a file."""

_CONTENTS: Mapping[str, str] = {
    "xlsx": "xlsx 表格",
    "xls": "xls 表格",
    "docx": "docx 文档",
    "doc": "doc 文档",
    "text": "文本",
    "zip": "zip 压缩包",
    "html": "网页",
    "pdf": "PDF",
    "rtf": "RTF 文档",
    "picture": "图片",
    "packed": "压缩包",
    "program": "程序",
    "office": "其他办公文件",
    "binary": "二进制数据",
}

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG\r\n", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"Rar!", "packed"),
    (b"7z\xbc\xaf\x27\x1c", "packed"),
    (b"\x1f\x8b", "packed"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_HEAD = 4096

_PACKAGES = (("xl/", "xlsx"), ("word/", "docx"))
_STREAMS = (("WordDocument", "doc"), ("Workbook", "xls"), ("Book", "xls"))
_XML = (".xml", ".rels", ".vml")
_PROLOG = 2**20


def suffix_of(name: str) -> str:
    """The suffix of a file name, one of `FORMATS`; raises `UnreadableSource` for any other."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in FORMATS:
        raise UnreadableSource("unsupported", name, f"{UNSUPPORTED.get(suffix, '')} {suffix or '没有扩展名'}".strip())
    return suffix


def format_of(path: Path, name: str) -> str:
    """The format of the file at `path`, known to people as `name`; raises `UnreadableSource` when it cannot be read."""
    suffix = suffix_of(name)
    size = path.stat().st_size
    if size > archives.PACKED:
        raise UnreadableSource("too_large", name, "100 MB")
    if size == 0:
        raise UnreadableSource("empty_file", name)
    format_name, expected = FORMATS[suffix]
    content = _content(path, name)
    if content != expected:
        raise UnreadableSource("wrong_type", name, f"扩展名是 {suffix}，内容是{_CONTENTS[content]}")
    return format_name


def check_package(path: Path, name: str, largest: int = archives.UNPACKED) -> None:
    """Raise `UnreadableSource` unless the Office package at `path` can be given to an XML parser.

    Sizes and ratio are within the limits, no XML part has more than `largest` bytes, none declares a document type:
    Office writes no such declaration, and entities need one.
    """
    with archives.opened(path, name) as package:
        for info in package.infolist():
            if info.flag_bits & 1:
                raise UnreadableSource("encrypted", name)
            if not info.filename.lower().endswith(_XML):
                continue
            if info.file_size > largest:
                raise UnreadableSource("too_large", name, f"{largest // 2**20} MB")
            _check_part(package, info, name)


def _check_part(package: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> None:
    try:
        with package.open(info) as part:
            declared = _declares_type(part)
    except (*archives.BROKEN, expat.ExpatError) as error:
        raise UnreadableSource("unreadable", name) from error
    if declared:
        raise UnreadableSource("unsafe_xml", name)


def _declares_type(part: IO[bytes]) -> bool:
    """Whether an XML part has a document type declaration; reads no further than its first element."""
    seen: list[str] = []
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: seen.append("type")
    parser.StartElementHandler = lambda *_: seen.append("element")
    read = 0
    while not seen and read < _PROLOG and (chunk := part.read(_HEAD)):
        read += len(chunk)
        parser.Parse(chunk, False)
    if not seen:
        raise ValueError("no element in an XML part")
    return seen[0] == "type"


def _content(path: Path, name: str) -> str:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(_ZIP):
        return _package(path, name)
    if head.startswith(_OLE):
        return _compound(path, name)
    for magic, content in _MAGIC:
        if head.startswith(magic):
            return content
    return _text(head)


def _text(head: bytes) -> str:
    if head.startswith(_UTF16):
        return "text"
    if b"\0" in head:
        return "binary"
    opening = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].lower()
    return "html" if opening.startswith((b"<html", b"<!doctype html")) else "text"


def _package(path: Path, name: str) -> str:
    with archives.opened(path, name) as archive:
        names = archive.namelist()
    if "[Content_Types].xml" in names:
        return next((content for folder, content in _PACKAGES if any(n.startswith(folder) for n in names)), "office")
    return "office" if "mimetype" in names else "zip"


def _compound(path: Path, name: str) -> str:
    """The kind of an OLE compound file; an Office package that is encrypted comes in one too ([MS-OFFCRYPTO] 1.3)."""
    import olefile

    try:
        with olefile.OleFileIO(str(path)) as compound:
            if compound.exists("EncryptedPackage"):
                raise UnreadableSource("encrypted", name)
            return next((content for stream, content in _STREAMS if compound.exists(stream)), "office")
    except (OSError, ValueError, TypeError, IndexError, RecursionError, struct.error) as error:
        raise UnreadableSource("unreadable", name) from error
