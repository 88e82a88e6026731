"""Word documents: filled-in forms, questions under headings, or a page of text, told apart by what is in them."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Any
from xml.etree import ElementTree

from importers.errors import WHOLE_FILE, UnreadableSource
from importers.markup import markdown_of
from importers.readers.forms import Rows, forms, no_form, told_forms
from importers.results import Settings, Told
from importers.sources import MEDIA_TYPES, PICTURE, Source, check_package
from kb_service.inputs import AttachmentInput, Refusal

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_STYLES = """
p[style-name='标题 1'] => h1:fresh
p[style-name='标题 2'] => h2:fresh
p[style-name='标题 3'] => h3:fresh
p[style-name='Title'] => p.title:fresh
p[style-name='标题'] => p.title:fresh
"""
_SUFFIXES = {media_type: suffix for suffix, media_type in reversed(MEDIA_TYPES.items())}
_LARGEST_PART = 20 * 2**20
_LEFT_OUT = ("docProps/", "customXml/", "word/theme/", "word/embeddings/")
_LINES = frozenset({"p", "br", "h1", "h2", "h3", "h4", "h5", "h6"})
_SPACE = re.compile(r"[ \t\r\n]+")

_MISSING = "〔此处图片未带入〕"
"""Stands for a picture of a kind browsers do not show, or one that lies outside the document."""

Pictures = dict[str, AttachmentInput]


def read(source: Source, kind: str, settings: Settings) -> Iterator[Told | Refusal]:
    """The forms of a document; of an article import else its questions, else its whole text as one page."""
    check_package(source, _LARGEST_PART)
    soup, pictures = _parsed(source)
    found = forms(list(_blocks(soup)), kind)
    if found:
        return told_forms(source, found, tuple(pictures.values()))
    if kind == "report":
        raise no_form(source, kind)
    return _questions(source, soup, pictures) if soup.find("h2") else iter((_page(source, soup, pictures),))


def _parsed(source: Source) -> "tuple[BeautifulSoup, Pictures]":
    """The document as HTML and its pictures. Nothing outside the package is opened."""
    import mammoth
    from bs4 import BeautifulSoup

    pictures: Pictures = {}
    try:
        html = mammoth.convert_to_html(
            _slim(source),
            style_map=_STYLES,
            include_embedded_style_map=False,
            external_file_access=False,
            convert_image=mammoth.images.img_element(lambda image: _picture(image, pictures)),
        ).value
    except Exception as error:
        # A damaged package makes mammoth fail in whatever way its parts happen to miss each other.
        raise UnreadableSource("unreadable", source.name) from error
    return BeautifulSoup(html, "html.parser"), pictures


def _slim(source: Source) -> IO[bytes]:
    """The package with only the names and numbering of its styles: parsing the rest takes most of the time."""
    slim = BytesIO()
    with zipfile.ZipFile(source.path) as package, zipfile.ZipFile(slim, "w") as copy:
        for name in dict.fromkeys(package.namelist()):
            if not name.startswith(_LEFT_OUT):
                data = package.read(name)
                copy.writestr(name, _slim_styles(data) if name.endswith("/styles.xml") else data)
    slim.seek(0)
    return slim


@lru_cache(maxsize=1)
def _slim_styles(data: bytes) -> bytes:
    """Kept for the next document: forms filled in from one template have the same styles."""
    styles = ElementTree.fromstring(data)  # noqa: S314 - the package was checked: no part declares a document type
    _keep(styles, "style")
    for style in styles:
        _keep(style, "name", "pPr")
        for layout in style:
            _keep(layout, "numPr")
    return ElementTree.tostring(styles)


def _keep(element: ElementTree.Element, *names: str) -> None:
    element[:] = [child for child in element if _local(child) in names]


def _local(element: ElementTree.Element) -> str:
    """The name of an element in whichever of the two namespaces of WordprocessingML."""
    return element.tag.rpartition("}")[2]


def _picture(image: Any, pictures: Pictures) -> dict[str, str]:
    suffix = _SUFFIXES.get(image.content_type or "")
    data = _embedded(image) if suffix else b""
    if not data:
        return {"src": "", "alt": _MISSING}
    name = f"图片{len(pictures) + 1}{suffix}"
    pictures[name] = AttachmentInput(name=name, media_type=image.content_type, data=data)
    return {"src": f"attachment:{name}"}


def _embedded(image: Any) -> bytes:
    """The bytes of a picture inside the package, none for one that lies elsewhere or is too large."""
    try:
        with image.open() as stream:
            data = _up_to(stream, PICTURE)
    except (ValueError, KeyError, OSError):
        return b""
    return data


def _up_to(stream: IO[bytes], limit: int) -> bytes:
    data = stream.read(limit + 1)
    return data if len(data) <= limit else b""


def _questions(source: Source, soup: "BeautifulSoup", pictures: Pictures) -> Iterator[Told]:
    """Heading 1 is the category, heading 2 the question, what follows its answer."""
    category = question = ""
    answer: list[Any] = []
    for block in [*soup.find_all(True, recursive=False), None]:
        if block is not None and block.name not in {"h1", "h2"}:
            answer.append(block)
            continue
        if question:
            yield _faq(source, category, question, answer, pictures)
        answer = []
        if block is not None:
            text = _line(block)
            category, question = (text, "") if block.name == "h1" else (category, text)


def _faq(source: Source, category: str, question: str, answer: Sequence["Tag"], pictures: Pictures) -> Told:
    text, attachments = _text_with_pictures(answer, pictures)
    return Told(
        source=source.name,
        place=f"“{question[:60]}”一节",
        fields={"kind": "faq", "title": question, "module": category, "answer": text},
        cells={"分类": category, "问题": question, "答案": text},
        attachments=attachments,
    )


def _page(source: Source, soup: "BeautifulSoup", pictures: Pictures) -> Told:
    heading = soup.find("p", class_="title") or soup.find("h1")
    title = _line(heading) if heading else PurePosixPath(source.name).stem
    if heading:
        heading.extract()
    text, attachments = _text_with_pictures(soup.find_all(True, recursive=False), pictures)
    return Told(
        source=source.name,
        place=WHOLE_FILE,
        fields={"kind": "reference", "key": source.key, "title": title, "body": text},
        attachments=attachments,
    )


def _text_with_pictures(blocks: Sequence["Tag"], pictures: Pictures) -> tuple[str, tuple[AttachmentInput, ...]]:
    from bs4 import BeautifulSoup

    part = BeautifulSoup("", "html.parser")
    part.extend(blocks)
    names = [str(image["src"]).removeprefix("attachment:") for image in part.find_all("img", src=True)]
    return markdown_of(part), tuple(pictures[name] for name in names if name in pictures)


def _line(tag: "Tag") -> str:
    return _SPACE.sub(" ", tag.get_text()).strip()


def _blocks(soup: "BeautifulSoup") -> Iterator[str | Rows]:
    """Paragraphs and tables in their order, tables within tables as their own after the outer one."""
    for tag in soup.find_all(["p", "table"]):
        if tag.name == "table":
            yield list(_rows(tag))
        elif not tag.find_parent("table"):
            yield _plain(tag)


def _rows(table: "Tag") -> Iterator[list[str]]:
    for row in table.find_all("tr"):
        if row.find_parent("table") is table:
            yield [_plain(cell) for cell in row.find_all(["td", "th"], recursive=False)]


def _plain(tag: "Tag") -> str:
    """The text of a paragraph or cell: a line for each paragraph and line break, list marks as Word shows them."""
    return "".join(_parts(tag)).strip("\n")


def _parts(tag: "Tag") -> Iterator[str]:
    from bs4 import Tag

    number = 0
    for child in tag.children:
        if not isinstance(child, Tag):
            yield str(child)
        elif child.name != "table":
            number += child.name == "li"
            yield _opening(child, number)
            yield from _parts(child)


def _opening(tag: "Tag", number: int) -> str:
    """What a tag begins with when it is shown as plain text."""
    if tag.name == "li":
        return "\n- " if tag.parent is not None and tag.parent.name == "ul" else f"\n{number}. "
    if tag.name == "img" and not tag.get("src"):
        return _MISSING
    return "\n" if tag.name in _LINES else ""
