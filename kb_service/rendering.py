"""Markdown to safe HTML, and to plain text for the index and for snippets; both are made once, on saving."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import local
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

import nh3

from kb_service.markdown_limits import LONGEST, is_too_much

if TYPE_CHECKING:
    from markdown import Markdown

LARGEST = 2_000_000
"""Characters of HTML that may come of them."""
TAGS = set(
    [
        "p",
        "br",
        "hr",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "strong",
        "em",
        "del",
        "sub",
        "sup",
        "b",
        "i",
        "u",
        "code",
        "pre",
        "blockquote",
        "kbd",
        "ul",
        "ol",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "a",
        "img",
    ]
)
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}}
SCHEMES = {"http", "https", "mailto"}
REFERENCE = re.compile(r"^(attachment|article):(.+)$", re.DOTALL)
FENCE_END = re.compile(r"(?m)^([ \t]*(?:```+|~~~+))[ \t]*\n(?=[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t])")
LIST_AFTER_TEXT = re.compile(r"(?m)^(?![ \t]*(?:[-*+]|\d{1,9}[.)])[ \t])(?=[ \t]*\S)(.*)\n(?=(?:[-*+]|1[.)])[ \t])")
BLOCKS = re.compile(r"</(?:p|li|h\d|tr|pre|blockquote|table|ul|ol)>|<(?:br|hr)[^>]*>")
CELLS = re.compile(r"</t[dh]>\s*<t[dh][^>]*>")

_of_thread = local()


Resolver = Callable[[str, str], str | None]
"""Maps a noun (attachment or article) and a key to a local path, or to None."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What became of a set of Markdown fields: safe HTML and plain text, each by field name."""

    html: Mapping[str, str]
    texts: Mapping[str, str]


def render(fields: Mapping[str, str], resolve: Resolver = lambda noun, key: None) -> Rendered:
    """Render every field.

    ``resolve`` maps a reference (``attachment`` or ``article``, and its key) to a local path, or to None: then a link
    becomes its text and a picture its description.
    """
    pages = {name: to_html(text, resolve) for name, text in fields.items()}
    return Rendered(pages, {name: to_text(page) for name, page in pages.items()})


def to_html(markdown: str, resolve: Resolver) -> str:
    """Safe HTML of one field; a text too deep or too large to be laid out is shown as it was typed."""
    if is_too_much(markdown):
        return _as_typed(markdown)
    try:
        page = _converter().reset().convert(_with_blank_lines(markdown.replace("\r\n", "\n")))
    except RecursionError:
        return _as_typed(markdown)
    page = _sanitised(page, resolve)
    return page if len(page) <= LARGEST else _as_typed(markdown)


def to_text(page: str) -> str:
    """Plain text of safe HTML: one line a block, cells parted by a space."""
    lines = BLOCKS.sub("\n", CELLS.sub(" ", page))
    text = html.unescape(nh3.clean(lines, tags=set()))
    return "\n".join(line for part in text.split("\n") if (line := part.strip()))


def _sanitised(page: str, resolve: Resolver) -> str:
    def attribute(tag: str, name: str, value: str) -> str | None:
        if name in ("href", "src"):
            return _address(tag, value, resolve)
        return value

    return nh3.clean(
        page,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES | {"attachment", "article"},
        attribute_filter=attribute,
        link_rel="noopener noreferrer nofollow",
    )


def _address(tag: str, value: str, resolve: Resolver) -> str | None:
    """A picture is ours or none: nothing is loaded from elsewhere by opening a page."""
    if reference := REFERENCE.match(value):
        return resolve(reference[1], unquote(reference[2]))
    if tag == "img":
        return value if value.startswith("/attachments/") else None
    is_elsewhere = value.startswith(("//", "/\\"))
    return None if is_elsewhere else value


def _with_blank_lines(markdown: str) -> str:
    """Part lists from the text and fences before them: people leave that line out, Python-Markdown insists on it."""
    return FENCE_END.sub(r"\1\n\n", LIST_AFTER_TEXT.sub(r"\1\n\n", markdown))


def _as_typed(markdown: str) -> str:
    return f"<pre>{html.escape(markdown[:LONGEST])}</pre>"


def _converter() -> "Markdown":
    """The converter of this thread: a Markdown object holds state and must not be shared."""
    if not hasattr(_of_thread, "converter"):
        from markdown import Markdown

        converter = Markdown(
            extensions=["tables", "mdx_truly_sane_lists", "pymdownx.superfences", "pymdownx.tilde"],
            extension_configs={"mdx_truly_sane_lists": {"nested_indent": 2}},
            output_format="html",
        )
        converter.preprocessors.deregister("html_block")  # an unclosed tag makes it read the rest again and again
        _of_thread.converter = converter
    return cast("Markdown", _of_thread.converter)
