"""JSON objects, one a line or in a list: what is bad is refused by its place, the others are read."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.errors import ImportFailed
from importers.readers import json_values
from importers.results import Settings, Told
from importers.sources import Source
from kb_service.inputs import Refusal


def read(path: Path, kind: str = "article") -> list[Told | Refusal]:
    source = Source(name=path.name, path=path, format=path.suffix.removeprefix("."), alone=True)
    return list(json_values.read(source, kind, Settings()))


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_keys_are_fields_and_lists_are_lines(tmp_path: Path) -> None:
    value = {"id": 7, "标准问题": "怎么办？", "相似问法": ["如何办", "咋办"], "答案": "<p>重启</p>", "other": {"a": 1}}
    (told,) = read(written(tmp_path / "x.json", json.dumps([value]).encode()))
    assert isinstance(told, Told)
    assert told.place == "第 1 个对象"
    assert told.fields == {"key": "7", "title": "怎么办？", "asked": "如何办\n咋办", "answer": "重启"}
    assert told.cells["other"] == '{"a": 1}'


def test_a_bad_line_is_refused_and_the_rest_read(tmp_path: Path) -> None:
    lines = [
        b'{"id": "1"}',
        b"",
        b'{"id": "2"',
        b"{'id': '3'}",
        b"[1]",
        b"\xff\xff",
        '{"id": "六"}'.encode("gbk"),
        b"[" * 100_000,
        b'{"id": "8"}',
    ]
    found = read(written(tmp_path / "x.jsonl", b"\n".join(lines)))
    assert [(each.place, each.reason) for each in found if isinstance(each, Refusal)] == [
        ("第 3 行", "bad_json"),
        ("第 4 行", "bad_json"),
        ("第 5 行", "bad_json"),
        ("第 6 行", "undecodable"),
        ("第 8 行", "bad_json"),
    ]
    assert [each.fields["key"] for each in found if isinstance(each, Told)] == ["1", "六", "8"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_any_usual_encoding_is_read(tmp_path: Path, encoding: str, suffix: str) -> None:
    text = '[{"标题": "甲"}]' if suffix == "json" else '{"标题": "甲"}\r\n'
    (told,) = read(written(tmp_path / f"x.{suffix}", text.encode(encoding)))
    assert isinstance(told, Told)
    assert told.fields == {"title": "甲"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"data": 5}', "no_list"),
        (b"7", "no_list"),
        (b'{"data": [', "unreadable"),
        (b"[" * 200_000, "unreadable"),
        (b"\xff\xff\x80", "unreadable"),
    ],
)
def test_a_file_without_a_list_is_told(tmp_path: Path, data: bytes, code: str) -> None:
    with pytest.raises(ImportFailed) as failed:
        read(written(tmp_path / "x.json", data))
    assert failed.value.code == code


def test_reports_come_as_json_too(tmp_path: Path) -> None:
    (told,) = read(written(tmp_path / "x.json", '{"data": [{"问题现象": "慢"}]}'.encode()), "report")
    assert isinstance(told, Told)
    assert told.fields == {"phenomenon": "慢"}


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=5))
def test_any_json_list_gives_one_result_for_each_value(
    tmp_path_factory: pytest.TempPathFactory, values: list[Any]
) -> None:
    path = tmp_path_factory.mktemp("json") / "x.json"
    assert len(read(written(path, json.dumps(values).encode()))) == len(values)
