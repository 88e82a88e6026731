"""HTML as people paste it becomes Markdown: texts, lists, tables and links are kept, whatever could act is not."""

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag
    from markdownify import MarkdownConverter

SAFE_SCHEMES = ("http://", "https://", "mailto:", "tel:", "article:", "attachment:", "#")

_TAG = re.compile(
    r"</?(?:a|b|blockquote|br|code|div|em|font|h[1-6]|hr|i|iframe|img|li|object|ol|p|pre|script|span|strong|style|sub|sup|"
    r"svg|table|tbody|td|th|thead|tr|u|ul)\b[^<>]*>",
    re.IGNORECASE,
)
_DROPPED = ["script", "style", "iframe", "object", "embed", "applet", "noscript", "svg", "math", "template", "title"]
_DEEPEST, _REPAIRABLE = 60, 400
"""Levels of tags the conversion takes, and those it takes before tags that were left open are closed."""
_ENDS = {"li": {"li"}, "p": {"p"}, "td": {"td", "th"}, "th": {"td", "th"}, "tr": {"tr", "td", "th"}}
"""Tag -> the open tags it ends when it begins, as HTML has it."""
_ESCAPES = (
    (re.compile(r"&(?=#?\w{1,30};)"), "&amp;"),
    (re.compile(r"<(?=[A-Za-z/!?])"), "&lt;"),
    (re.compile(r"\*"), r"\\*"),
    (re.compile(r"(?<!\w)_|_(?!\w)"), r"\\_"),
    (re.compile(r"^(\s*)#"), r"\1\\#"),
    (re.compile(r"\](?=\()"), r"\\]"),
)
_BLANK_LINES = re.compile(r"\n{3,}")


def markdown(text: str) -> str:
    """The Markdown of a text that may be HTML. A text without tags comes back as it is, tags without text give "".

    Scripts, styles and embedded things go with what is in them, attributes go, links stay when they lead to an address
    of `SAFE_SCHEMES`, pictures when they came along (``attachment:NAME``), else their description.
    """
    if not _TAG.search(text):
        return text
    return markdown_of(_soup(text))


def markdown_of(soup: "BeautifulSoup | Tag") -> str:
    """The same for HTML that is parsed already; the tree is changed."""
    for tag in soup.find_all(_DROPPED):
        tag.decompose()
    if not soup.get_text(strip=True) and not soup.find("img", src=_is_attachment):
        return ""
    if _deeper(soup, _REPAIRABLE):
        return str(soup.get_text("\n", strip=True))
    _close(soup)
    if _deeper(soup, _DEEPEST):
        return str(soup.get_text("\n", strip=True))
    return _BLANK_LINES.sub("\n\n", str(_converter().convert_soup(soup))).strip()


def safe_address(address: str) -> str:
    """The address of a link, "" when it does not lead to one of `SAFE_SCHEMES`.

    Browsers skip control characters and spaces in front of and within a scheme, so these do not count.
    """
    address = "".join(character for character in address if character > " " and character != "\x7f")
    address = address.replace("(", "%28").replace(")", "%29")
    return address if address.lower().startswith(SAFE_SCHEMES) else ""


def _soup(html: str) -> "BeautifulSoup":
    from bs4 import BeautifulSoup

    return BeautifulSoup(html, "html.parser")


def _is_attachment(address: str | None) -> bool:
    return (address or "").startswith("attachment:")


def _close(soup: "BeautifulSoup | Tag") -> None:
    """Lift tags out of the one that their beginning should have ended: people leave ``</li>`` and ``</td>`` out."""
    for tag in soup.find_all(list(_ENDS)):
        while tag.parent is not None and tag.parent.name in _ENDS[tag.name]:
            tag.parent.insert_after(tag)


def _deeper(soup: "BeautifulSoup | Tag", limit: int) -> bool:
    """Whether tags are nested beyond `limit`: the conversion recurses."""
    pending = [(child, 1) for child in soup.find_all(True, recursive=False)]
    while pending:
        tag, depth = pending.pop()
        if depth > limit:
            return True
        pending.extend((child, depth + 1) for child in tag.find_all(True, recursive=False))
    return False


@cache
def _converter() -> "MarkdownConverter":
    from markdownify import MarkdownConverter

    class Converter(MarkdownConverter):
        """Escapes what Markdown would read as markup, and only that: names such as tidb_snapshot stay readable."""

        def escape(self, text: str, parent_tags: set[str]) -> str:
            text = text or ""
            for pattern, replacement in _ESCAPES:
                text = pattern.sub(replacement, text)
            return text if parent_tags.isdisjoint(("td", "th")) else text.replace("|", r"\|")

        def convert_a(self, tag: Any, text: str, parent_tags: set[str]) -> str:
            address = safe_address(tag.get("href", ""))
            if not address or not text.strip() or "_noformat" in parent_tags:
                return text
            return f"[{text.strip()}]({address})"

        def convert_img(self, tag: Any, text: str, parent_tags: set[str]) -> str:
            if _is_attachment(tag.get("src")):
                return f"![{_plain(tag.get('alt', ''))}]({tag['src']})"
            return _plain(tag.get("alt", ""))

    return Converter(heading_style="ATX", bullets="-", table_infer_header=True, code_language="")


def _plain(text: str) -> str:
    return re.sub(r"[\[\]\r\n]+", " ", text).strip()
