"""From query strings, forms and paths to the values of `kb_service.inputs`; cleans every text, judges none."""

import re

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.routing import BaseConverter

from kb_service.documents import FACETS
from kb_service.domain.article import KINDS
from kb_service.inputs import ArticleInput, AttachmentInput, LexiconInput, ReportInput, SearchRequest

Params = MultiDict[str, str]

SORTS = ("relevance", "newest")
PAGE_SIZE = 20
_LAST_PAGE = 100
_COLUMNS = 200

_REPORT_TEXTS = (
    "phenomenon",
    "key",
    "organisation",
    "system",
    "module",
    "environment",
    "cause",
    "resolution",
    "severity",
    "status",
    "occurred",
    "resolved",
    "handler",
    "contact",
    "phone",
)

_SURROGATES = re.compile("[\ud800-\udfff]")
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")


class Number(BaseConverter):
    """A number people read out, KB000123 or BG000123, in either case."""

    regex = "[A-Za-z]{2}[0-9]{1,12}"

    def to_python(self, value: str) -> str:
        return value.upper()


class Id(BaseConverter):
    """An id that fits a database column; what does not is no address at all."""

    regex = "[1-9][0-9]{0,8}"

    def to_python(self, value: str) -> int:
        return int(value)


def clean(text: str) -> str:
    """`text` as it may go on: lone surrogates replaced, control and direction characters gone, lines ended by LF."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _INVISIBLE.sub("", mend(text))


def mend(text: str) -> str:
    """`text` with lone surrogates replaced, so that it can be encoded."""
    return _SURROGATES.sub("\ufffd", text)


def text(values: Params, name: str) -> str:
    """One cleaned text without outer white space, "" when absent."""
    return clean(values.get(name, "")).strip()


def lines(values: Params, name: str) -> tuple[str, ...]:
    """The non-empty lines of a text field."""
    return tuple(line.strip() for line in clean(values.get(name, "")).splitlines() if line.strip())


def integer(values: Params, name: str, *, default: int = 0, low: int = 0, high: int = 2**31 - 1) -> int:
    """A whole number between `low` and `high`; what is none counts as `default`."""
    value = values.get(name, "")
    return min(max(int(value), low), high) if re.fullmatch("-?[0-9]{1,10}", value) else default


def offset(values: Params, size: int = PAGE_SIZE) -> int:
    """Where the asked-for page begins; pages count from 1."""
    return (integer(values, "page", default=1, low=1, high=_LAST_PAGE) - 1) * size


def numbers(values: Params, name: str) -> tuple[str, ...]:
    """Numbers of reports or articles, given once and parted by commas or several times, each once and in order."""
    told = ",".join(values.getlist(name)).upper()
    return tuple(dict.fromkeys(re.findall(Number.regex, told)))


def search_request(values: Params) -> SearchRequest:
    """What the search form says: words, facet values, order, page."""
    chosen = {name: tuple(filter(None, map(clean, values.getlist(name)))) for name in FACETS}
    sort = values.get("sort", "")
    return SearchRequest(
        words=text(values, "q"),
        filters={name: told for name, told in chosen.items() if told},
        sort=sort if sort in SORTS else SORTS[0],
        limit=10,
        offset=offset(values, 10),
        exact=values.get("exact") == "1",
    )


def report_input(values: Params, files: MultiDict[str, FileStorage]) -> ReportInput:
    """What the form for one report says."""
    return ReportInput(
        **{name: text(values, name) for name in _REPORT_TEXTS},
        kind=text(values, "kind") or "fault",
        codes=lines(values, "codes"),
        attachments=attachments(files),
    )


def article_input(values: Params, files: MultiDict[str, FileStorage] | None = None) -> ArticleInput:
    """What the form for an article says; `switch` changes its kind, an unknown kind counts as the first one."""
    kind = text(values, "switch") or text(values, "kind")
    kind = kind if kind in KINDS else next(iter(KINDS))
    return ArticleInput(
        kind=kind,
        title=text(values, "title"),
        fields=article_fields(kind, values),
        asked=lines(values, "asked"),
        codes=lines(values, "codes"),
        system=text(values, "system"),
        module=text(values, "module"),
        audience=text(values, "audience"),
        scope=integer(values, "scope") or None,
        restricted_to=tuple(
            int(value) for value in values.getlist("restricted_to") if re.fullmatch("[0-9]{1,9}", value)
        ),
        valid_from=text(values, "valid_from"),
        valid_to=text(values, "valid_to"),
        attachments=attachments(files or MultiDict()),
    )


def article_fields(kind: str, values: Params) -> dict[str, str]:
    """The Markdown of the fields of `kind`, empty ones left out."""
    told = {field.name: text(values, f"field_{field.name}") for field in KINDS[kind].fields}
    return {name: markdown for name, markdown in told.items() if markdown}


def lexicon_input(values: Params) -> LexiconInput:
    """What the form for an entry of the lexicon says."""
    return LexiconInput(kind=text(values, "kind"), text=text(values, "text"), reason=text(values, "reason"))


def attachments(files: MultiDict[str, FileStorage]) -> tuple[AttachmentInput, ...]:
    """The files that come along under `attachments`."""
    return tuple(
        AttachmentInput(name=clean(file.filename), media_type=clean(file.mimetype), data=file.read())
        for file in files.getlist("attachments")
        if file.filename
    )


def mapping(values: Params) -> dict[str, str]:
    """Column titles to field names: the form sends them as pairs `column_N` and `field_N`."""
    pairs = ((clean(values.get(f"column_{n}", "")), text(values, f"field_{n}")) for n in range(_COLUMNS))
    return {column: field for column, field in pairs if column}


def options(values: Params, names: tuple[str, ...]) -> dict[str, str]:
    """Those of `names` that were filled in."""
    return {name: told for name in names if (told := text(values, name))}
