"""Markdown to safe HTML, and to plain text for the index and for snippets; both are made once, on saving."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import local
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

import nh3

from kb_service.markdown_source import LONGEST, is_item, is_too_much, lines

if TYPE_CHECKING:
    from markdown import Markdown

LARGEST = 2_000_000
"""Characters of HTML that may come of them."""
TAGS = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol", "li"),
    *("table", "thead", "tbody", "tr", "th", "td"),
    *("strong", "em", "del", "sub", "sup", "b", "i", "u", "code", "kbd", "a", "img"),
}
STRIPPED = (
    "div",
    "span",
    "font",
    "center",
    "section",
    "details",
    "summary",
    "script",
    "style",
    "iframe",
    "small",
    "mark",
)
ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}}
SCHEMES = {"http", "https", "mailto"}
ELEMENT = (
    rf"(<!--(?:(?!<!--|-->).)*-->|</?(?:{'|'.join(sorted((*TAGS, 'h1', *STRIPPED), key=len, reverse=True))})"
    r"""(?:\s+[\w:-]+=(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>`]+))*\s*/?>)"""
)
"""HTML in a text: only what surely is. In ``where a<b and c>d`` and ``ssh <user>`` nothing may get lost."""
H1 = re.compile(r"<(/?)h1\b")
REFERENCE = re.compile(r"^(attachment|article):(.+)$", re.DOTALL)
FIRST_ITEM = re.compile(r"^(?:[-*+]|1[.)])[ \t]")
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
    markdown = markdown.replace("\r\n", "\n").replace("\r", "\n")
    if is_too_much(markdown):
        return _as_typed(markdown)
    try:
        page = _converter().reset().convert(_with_blank_lines(markdown))
    except RecursionError:
        return _as_typed(markdown)
    page = _sanitised(H1.sub(r"<\1h2", page), resolve)
    return page if len(page) <= LARGEST else _as_typed(markdown)


def to_text(page: str) -> str:
    """Plain text of safe HTML: one line a block, cells parted by a space."""
    parted = BLOCKS.sub("\n", CELLS.sub(" ", page))
    text = html.unescape(nh3.clean(parted, tags=set()))
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
    """Part lists and code from the text around them: people leave that line out, Python-Markdown insists on it."""
    laid_out: list[str] = []
    before, was_code = "", False
    for line, is_code in lines(markdown):
        begins = FIRST_ITEM.match(line) and not before[:1].isspace() and not is_item(before)
        if before.strip() and line.strip() and (is_code != was_code or (begins and not is_code)):
            laid_out.append("")
        laid_out.append(line)
        before, was_code = line, is_code
    return "\n".join(laid_out)


def _as_typed(markdown: str) -> str:
    return f"<pre>{html.escape(markdown[:LONGEST])}</pre>"


def _converter() -> "Markdown":
    """The converter of this thread: a Markdown object holds state and must not be shared."""
    if not hasattr(_of_thread, "converter"):
        from markdown import Markdown
        from markdown.inlinepatterns import HtmlInlineProcessor

        converter = Markdown(
            extensions=["tables", "mdx_truly_sane_lists", "pymdownx.superfences", "pymdownx.tilde"],
            extension_configs={
                "mdx_truly_sane_lists": {"nested_indent": 2},
                "tables": {"use_align_attribute": True},
            },
            output_format="html",
        )
        converter.preprocessors.deregister("html_block")  # an unclosed tag makes it read the rest again and again
        converter.inlinePatterns.register(HtmlInlineProcessor(ELEMENT, converter), "html", 90)
        _of_thread.converter = converter
    return cast("Markdown", _of_thread.converter)
