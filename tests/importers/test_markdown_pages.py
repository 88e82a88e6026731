"""Markdown pages: front matter, titles, encodings, links, pictures, and what is wrong with some."""

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers.errors import ImportFailed
from importers.readers import markdown_pages
from importers.results import Settings, Told
from importers.sources import Source, opened

PNG = b"\x89PNG\r\n\x1a\n picture"


def write(folder: Path, **pages: str) -> Path:
    for name, text in pages.items():
        path = folder / f"{name.replace('__', '/')}.md"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(text, "utf-8")
    return folder


def read(path: Path) -> dict[str, Told]:
    told: dict[str, Told] = {}
    with opened(path) as sources:
        for source in sources:
            assert isinstance(source, Source)
            for each in markdown_pages.read(source, "article", Settings()):
                assert isinstance(each, Told)
                told[source.name] = each
    return told


def only(path: Path) -> Told:
    (told,) = read(path).values()
    return told


def failure(path: Path) -> str:
    with pytest.raises(ImportFailed) as failed:
        read(path)
    return failed.value.code


def test_front_matter_gives_fields_as_they_are_written(tmp_path: Path) -> None:
    front = "id: 0012\n标题: 重启\n所属系统: 核心征管\ntags: [a, b]\n生效日期: 2024-02-30\n空:"
    told = only(write(tmp_path, 页=f"---\n{front}\n---\n\n# 重启\n\n正文\n"))
    assert told.fields == {
        "kind": "reference",
        "key": "0012",
        "title": "重启",
        "system": "核心征管",
        "valid_from": "2024-02-30",
        "body": "正文\n",
    }
    assert told.place == "整个文件"
    assert told.cells["tags"] == "a\nb"


@pytest.mark.parametrize(
    ("text", "title", "body"),
    [
        ("# 一级标题 #\n\n正文", "一级标题", "正文"),
        ("正文", "页", "正文"),
        ("---\ntitle: 甲\n---\n# 乙\n\n正文", "甲", "# 乙\n\n正文"),
        ("---\n没有结束的说明", "页", "---\n没有结束的说明"),
        ("---\n---\n正文", "页", "正文"),
        ("\r\n# 标题\r\n正文\r\n", "标题", "正文\n"),
    ],
)
def test_the_title_is_told_or_the_first_heading_or_the_file_name(
    tmp_path: Path, text: str, title: str, body: str
) -> None:
    fields = only(write(tmp_path, 页=text)).fields
    assert (fields["title"], fields["body"]) == (title, body)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_pages_are_read_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "页.md").write_bytes("---\ntitle: 征管系统\n---\n重启服务。𠮷".encode(encoding))
    fields = only(tmp_path).fields
    assert (fields["title"], fields["body"]) == ("征管系统", "重启服务。𠮷")


@pytest.mark.parametrize(
    "front",
    [
        'title: "没有关上\ntags: [a',
        "- 只是列表",
        "title: a: b",
        "? !!python/object/apply:os.system ['x']\n: [",
        "[" * 3000,
    ],
)
def test_front_matter_that_is_no_yaml_mapping_is_refused(tmp_path: Path, front: str) -> None:
    assert failure(write(tmp_path, 页=f"---\n{front}\n---\n正文")) == "front_matter"


def test_tags_make_no_objects_and_aliases_do_not_grow(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    front = f"title: !!python/object/apply:os.getcwd []\n{bomb}"
    told = only(write(tmp_path, 页=f"---\n{front}---\n正文"))
    assert told.fields["title"] == "页"
    assert sum(map(len, told.cells.values())) < 1000


def test_links_between_pages_become_keys(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "指南",
        甲="[乙](乙.md#节) [乙](<./乙.md>) [丙](%E5%AD%90/%E4%B8%99%20%281%29.md 'x') [丁](子/丁.md)",
        乙="---\nid: K-7\n---\n正文",
        **{"子__丙 (1)": "[甲](../甲.md)", "子__丁": "---\n'坏\n---\n"},
    )
    (folder / "子" / "丁.md").write_text("---\ntitle: '坏\n---\n", "utf-8")
    with opened(folder) as sources:
        told = {
            source.name: next(markdown_pages.read(source, "article", Settings()))
            for source in sources
            if isinstance(source, Source) and "丁" not in source.name
        }
    first, back = told["甲.md"], told["子/丙 (1).md"]
    assert isinstance(first, Told)
    assert isinstance(back, Told)
    assert first.fields["body"] == (
        "[乙](article:K-7) [乙](article:K-7) [丙](article:指南/子/丙%20%281%29.md) [丁](article:指南/子/丁.md)"
    )
    assert back.fields["body"] == "[甲](article:指南/甲.md)"
    assert not first.notes


def test_a_page_packed_with_its_folder_keeps_its_key(tmp_path: Path) -> None:
    folder = write(tmp_path / "指南", 甲="[乙](乙.md)", 乙="正文")
    with zipfile.ZipFile(tmp_path / "随便.zip", "w") as packed:
        for path in folder.iterdir():
            packed.write(path, f"指南/{path.name}")
    loose, packed_pages = read(folder), read(tmp_path / "随便.zip")
    assert packed_pages["指南/甲.md"].fields == loose["甲.md"].fields


def test_pictures_come_along_from_a_folder_and_from_an_archive(tmp_path: Path) -> None:
    folder = write(tmp_path / "指南", 甲="![图](图片/示%20意.png) ![同](<图片/示 意.png>)")
    (folder / "图片").mkdir()
    (folder / "图片" / "示 意.png").write_bytes(PNG)
    with zipfile.ZipFile(tmp_path / "包.zip", "w") as packed:
        packed.write(folder / "甲.md", "甲.md")
        packed.write(folder / "图片" / "示 意.png", "图片/示 意.png")
    for path in (folder, tmp_path / "包.zip"):
        told = only(path)
        (picture,) = told.attachments
        assert (picture.name, picture.media_type, picture.data) == ("图片-示-意.png", "image/png", PNG)
        assert told.fields["body"] == "![图](attachment:图片-示-意.png) ![同](attachment:图片-示-意.png)"


@pytest.mark.parametrize(
    ("link", "left"),
    [
        ("[旧](旧/没有.md)", "旧"),
        ("[上](../../etc/passwd)", "上"),
        ("[本机](file:///etc/passwd)", "本机"),
        ("[点](javascript:alert(1))", "点"),
        ("![图](没有.png)", "图"),
        ("[共享](//host/share)", "共享"),
    ],
)
def test_a_link_to_nowhere_becomes_text_with_a_note(tmp_path: Path, link: str, left: str) -> None:
    told = only(write(tmp_path, 页=f"前 {link} 后"))
    assert told.fields["body"] == f"前 {left} 后"
    assert len(told.notes) == 1
    assert left in told.notes[0]


def test_addresses_told_apart_from_their_links_are_carried_over(tmp_path: Path) -> None:
    page = "[乙][1] [无][2] [^3]\n\n[1]: 乙.md 'x'\n[2]: 没有.md\n[^3]: 脚注"
    told = read(write(tmp_path / "指南", 甲=page, 乙="正文"))["甲.md"]
    assert told.fields["body"] == "[乙][1] [无][2] [^3]\n\n[1]: article:指南/乙.md\n\n[^3]: 脚注"
    assert len(told.notes) == 1


@pytest.mark.parametrize(
    ("link", "left"),
    [
        ("[站](https://a.example/x)", "[站](https://a.example/x)"),
        ("![远](https://a.example/x.png)", "[远](https://a.example/x.png)"),
        ("[节](#二)", "[节](#二)"),
    ],
)
def test_a_link_elsewhere_stays_a_link_and_never_a_picture(tmp_path: Path, link: str, left: str) -> None:
    told = only(write(tmp_path, 页=link))
    assert told.fields["body"] == left
    assert not told.notes


def test_code_is_left_alone(tmp_path: Path) -> None:
    code = "`a[0](没有.md)`\n\n```sql\nx[1](没有.md)\n~~~\n```\n\n~~~\n[y](z.md)\n~~~"
    told = only(write(tmp_path, 页=code))
    assert told.fields["body"] == code
    assert not told.notes


def test_a_page_that_is_too_large_or_of_no_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "页.md").write_bytes("中".encode("gbk") + b"\xff\x81" + "中".encode())
    assert failure(tmp_path) == "unknown_encoding"
    (tmp_path / "页.md").write_bytes(b"x" * (markdown_pages.LONGEST + 1))
    assert failure(tmp_path) == "too_large"


@given(st.text(alphabet="[]()<>!`~#-\n \\.md中a:", max_size=200))
def test_any_text_is_a_page(text: str) -> None:
    links = markdown_pages._Links(Source(name="页.md", path=Path("页.md"), format="md"))
    assert isinstance(links.carried_over(text), str)


@pytest.mark.parametrize("sign", ["[", "(", "`", "![", "[](", "`x``", "[a](<"])
def test_a_long_run_of_signs_takes_no_time_to_speak_of(sign: str) -> None:
    links = markdown_pages._Links(Source(name="页.md", path=Path("页.md"), format="md"))
    assert links.carried_over(sign * 20_000).startswith(sign[:1])
