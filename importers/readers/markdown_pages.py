"""Markdown pages with YAML front matter: each one article, its links to other pages and its pictures carried over."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import quote, unquote

from importers import cleaning
from importers.decoding import decoded
from importers.errors import WHOLE_FILE, UnreadableSource
from importers.fields import field_of
from importers.markup import safe_address
from importers.readers.forms import no_form
from importers.results import Settings, Told
from importers.sources import MEDIA_TYPES, Source
from kb_service.inputs import AttachmentInput, Refusal

LONGEST = 5 * 2**20
"""Bytes of a page."""

_LONGEST_FRONT = 2**16
_PAGES = (".md", ".markdown")
_FRONT_MATTER = re.compile(r"---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$\n?", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_TITLE = re.compile(r"\s*^# +(.+?)(?: +#+)?[ \t]*$\n?", re.MULTILINE)
_LINK = re.compile(
    r"(?P<code>(?<!`)`{1,3}(?!`)[^`]*`{1,3}(?!`))"
    r"|(?P<picture>!?)\[(?P<text>[^\[\]]{0,1000})\]"
    r"\((?:<(?P<bracketed>[^<>\n]*)>|(?P<address>(?:[^()\s<]|\([^()\s]*\))*))"
    r"(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'))?\)"
)
_DEFINITION = re.compile(r" {0,3}\[(?P<text>[^\[\]^][^\[\]]{0,1000})\]:[ \t]*<?(?P<address>[^\s<>]+)>?(?:[ \t].*)?")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_BREAKS_A_LINK = re.compile(r"[\s%()<>\"'\\#?]")
_NOT_IN_A_NAME = re.compile(r"[^\w.-]+")


def read(source: Source, kind: str, settings: Settings) -> Iterator[Told | Refusal]:
    """The page under the fields of its front matter; raises `UnreadableSource` when that is no YAML.

    Without a key of its own the page goes by its path, without a kind it is a reference.
    """
    if kind != "article":
        raise no_form(source, kind)
    front, body = _parted(_text(source), source.name)
    told = {name: value for key, value in front.items() if (name := field_of(key, kind))}
    links = _Links(source)
    heading, body = _titled(body, told.get("title", ""))
    title = told.get("title") or heading or PurePosixPath(source.name).stem
    page = {"title": title, "body": links.carried_over(body), "key": told.get("key") or source.key}
    yield Told(
        source=source.name,
        place=WHOLE_FILE,
        fields={"kind": "reference", **told, **page},
        cells={**front, "正文": body},
        attachments=tuple(links.attachments.values()),
        notes=tuple(links.notes),
    )


def _text(source: Source) -> str:
    if source.path.stat().st_size > LONGEST:
        raise UnreadableSource("too_large", source.name, "5 MB")
    try:
        text = decoded(source.path.read_bytes())
    except ValueError as error:
        raise UnreadableSource("unknown_encoding", source.name) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _parted(text: str, name: str) -> tuple[dict[str, str], str]:
    """Front matter and body."""
    found = _FRONT_MATTER.match(text)
    if not found:
        return {}, text
    return _front_matter(found[1], name), text[found.end() :]


def _front_matter(text: str, name: str) -> dict[str, str]:
    """Keys and texts as written, 0012 too. Only the tree is read: no tag makes an object and no alias grows."""
    import yaml

    if len(text) > _LONGEST_FRONT:
        raise UnreadableSource("front_matter", name)
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnreadableSource("front_matter", name) from error
    if tree is None:
        return {}
    if not isinstance(tree, yaml.MappingNode):
        raise UnreadableSource("front_matter", name)
    return {_scalar(key): _written(value) for key, value in tree.value}


def _written(node: object) -> str:
    import yaml

    if isinstance(node, yaml.SequenceNode):
        return "\n".join(map(_scalar, node.value))
    return _scalar(node)


def _scalar(node: object) -> str:
    import yaml

    if not isinstance(node, yaml.ScalarNode) or node.tag == "tag:yaml.org,2002:null":
        return ""
    return str(node.value)


def _titled(body: str, title: str) -> tuple[str, str]:
    """The heading the body begins with and the rest; a heading that is not the title stays where it is."""
    found = _TITLE.match(body)
    if found and title in ("", found[1]):
        return found[1], body[found.end() :].lstrip("\n")
    return "", body


class _Links:
    """Rewrites the links of one page; gathers the pictures that come along and notes about what was changed."""

    def __init__(self, source: Source) -> None:
        self.attachments: dict[str, AttachmentInput] = {}
        self.notes: list[str] = []
        self._source = source

    def carried_over(self, body: str) -> str:
        """The body with links that hold in the base; code stays as it is."""
        fence = ""
        lines: list[str] = []
        for line in body.split("\n"):
            mark = _FENCE.match(line)
            if mark and not fence:
                fence = mark[1]
            elif mark and mark[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
            lines.append(line if fence or mark else self._rewritten(line))
        return "\n".join(lines)

    def _rewritten(self, line: str) -> str:
        definition = _DEFINITION.fullmatch(line)
        if not definition:
            return _LINK.sub(self._link, line)
        address = self._address(definition["address"])
        if not address:
            self._note(definition["text"], definition["address"])
        return f"[{definition['text']}]: {address}" if address else ""

    def _link(self, found: re.Match[str]) -> str:
        if found["code"]:
            return found[0]
        written = found["address"] if found["bracketed"] is None else found["bracketed"]
        address = self._address(written)
        if not address:
            self._note(found["text"], written)
            return found["text"]
        # A picture that lies elsewhere becomes a link: showing it would fetch it.
        picture = "!" if address.startswith("attachment:") and found["picture"] else ""
        return f"{picture}[{found['text']}]({address})"

    def _note(self, text: str, written: str) -> None:
        self.notes.append(f"链接“{text}”（{written}）没有对应的页面或文件，已改为普通文字。")

    def _address(self, written: str) -> str:
        """Where a link leads in the base, "" nowhere."""
        if _SCHEME.match(written) or written.startswith("#"):
            return safe_address(written)
        path = unquote(written.partition("#")[0].partition("?")[0])
        name = posixpath.normpath(posixpath.join(posixpath.dirname(self._source.name), path))
        if name not in self._source.siblings:
            return ""
        if name.lower().endswith(_PAGES):
            return "article:" + _BREAKS_A_LINK.sub(_quoted, self._key(name))
        return self._attachment(name)

    def _key(self, name: str) -> str:
        """The key another page is taken under: its own, else its path."""
        try:
            text = decoded(self._source.fetch(name)).replace("\r\n", "\n")
            front, _ = _parted(text, name)
        except (OSError, ValueError, UnreadableSource):
            front = {}
        own = next((value for key, value in front.items() if field_of(key, "article") == "key"), "")
        return cleaning.text(own or self._source.sibling_key(name))

    def _attachment(self, name: str) -> str:
        """The picture in the base, "" for what is none or cannot be read."""
        media_type = MEDIA_TYPES.get(PurePosixPath(name).suffix.lower())
        if not media_type:
            return ""
        short = _NOT_IN_A_NAME.sub("-", name).strip("-")
        if short not in self.attachments:
            try:
                data = self._source.fetch(name)
            except OSError:
                return ""
            self.attachments[short] = AttachmentInput(name=short, media_type=media_type, data=data)
        return f"attachment:{short}"


def _quoted(found: re.Match[str]) -> str:
    return quote(found[0])
