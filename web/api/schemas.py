"""What the API takes, as pydantic models, and the answers whose shape is its own; all other answers are kb_service's.

A name that is not listed is refused: a misspelt filter must not widen an answer.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from werkzeug.datastructures import FileStorage

from kb_service.documents import FACETS
from kb_service.domain.article import AUDIENCES, KINDS, Kind
from kb_service.domain.labelled import LONGEST as LABEL
from kb_service.domain.labelled import MOST as ANSWERS
from kb_service.domain.lexicon import KINDS as LEXICON_KINDS
from kb_service.domain.lexicon import REASON as LEXICON_REASON
from kb_service.domain.report import KINDS as REPORT_KINDS
from kb_service.domain.workflow import REASONS
from kb_service.inputs import ArticleInput, LexiconInput, ReportInput, SearchRequest
from kb_service.results import ReportRow, SearchResults
from kb_service.services.reports import LONGEST
from kb_service.services.writing import TITLE
from web import params
from web.labels import facet_label
from web.templating import address

MAX_ID = 10**9 - 1
VISIBLE = r"[^\s\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]"
"""Something to be seen: what is nothing but spaces and control characters says nothing."""
_DAY = (
    r"[1-9][0-9]{3}-"
    r"((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-9])|(0[13-9]|1[0-2])-30|(0[13578]|1[02])-31)"
)
_TIME = r"[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"


def _tidy(value: str) -> str:
    return params.clean(value).strip()


def _whole(value: Any) -> Any:
    """JSON does not tell 3.0 from 3, and neither do we."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _several(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Tidy = AfterValidator(_tidy)
"""Comes last: limits hold for what was sent."""
Text = Annotated[str, Tidy]
Name = Annotated[str, Field(max_length=100), Tidy]
Note = Annotated[str, Field(max_length=2000), Tidy]
Long = Annotated[str, Field(max_length=LONGEST), Tidy]
Whole = Annotated[int, BeforeValidator(_whole)]
Day = Annotated[str, Field(pattern=f"^({_DAY})?$")]
Moment = Annotated[str, Field(pattern=f"^({_DAY}({_TIME})?)?$")]
Number = Annotated[str, Field(pattern=f"^{params.Number.regex}$"), AfterValidator(str.upper)]
Id = Annotated[int, Field(ge=1, le=MAX_ID), BeforeValidator(_whole)]
Version = Annotated[
    int,
    Field(ge=0, le=MAX_ID, description="The version read before; an older one is refused."),
    BeforeValidator(_whole),
]
Several = Annotated[
    list[Text],
    BeforeValidator(_several),
    WithJsonSchema({"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]}),
]


class Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Stretch(Told):
    """A stretch of a list."""

    offset: Whole = Field(0, ge=0, le=1_000_000)
    limit: Whole = Field(20, ge=1, le=50)


class Search(Told):
    """A search. Values of one filter are alternatives, filters narrow each other; texts of any length may be asked."""

    q: Text = ""
    kind: Several = []
    system: Several = []
    module: Several = []
    organisation: Several = []
    year: Several = []
    sort: Literal["relevance", "newest"] = "relevance"
    limit: Whole = Field(10, ge=1, le=50)
    offset: Whole = Field(0, ge=0, le=950)
    exact: bool = Field(False, description="Search what was typed, without repairing it.")

    def request(self) -> SearchRequest:
        filters = {name: tuple(filter(None, getattr(self, name))) for name in FACETS}
        chosen = {name: values for name, values in filters.items() if values}
        return SearchRequest(
            words=self.q, filters=chosen, sort=self.sort, limit=self.limit, offset=self.offset, exact=self.exact
        )


class Asked(Told):
    """A hit of a search: the words, and the number of the article or report."""

    q: Text
    number: Number


@dataclass(frozen=True, slots=True)
class Hit:
    """``snippet`` is escaped HTML with <mark> only."""

    number: str
    kind: str
    title: str
    system: str
    score: float
    snippet: str
    url: str


@dataclass(frozen=True, slots=True)
class Facet:
    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class AlsoSearched:
    """``also`` was searched beside ``typed``, which means the same."""

    typed: str
    also: str


@dataclass(frozen=True, slots=True)
class Found:
    """``step`` tells the most of the words that any hit has: all, most or any. ``repaired`` is what was searched for
    instead of what was typed, "" where nothing was; ``corrected`` is the same with null for nothing.
    """

    total: int
    hits: tuple[Hit, ...]
    facets: dict[str, tuple[Facet, ...]]
    step: str
    repaired: str
    corrected: str | None
    did_you_mean: tuple[str, ...]
    also_searched: tuple[AlsoSearched, ...]
    took_ms: float


def found(results: SearchResults) -> Found:
    """What the API says of the results of a search."""
    hits = (
        Hit(hit.number, hit.kind, hit.title, hit.system, hit.score, hit.snippet, address(hit.number))
        for hit in results.hits
    )
    facets = {
        name: tuple(Facet(value.value, facet_label(name, value), value.count) for value in values)
        for name, values in results.facets.items()
    }
    return Found(
        total=results.total,
        hits=tuple(hits),
        facets=facets,
        step=results.step,
        repaired=results.repaired,
        corrected=results.repaired or None,
        did_you_mean=results.did_you_mean,
        also_searched=tuple(AlsoSearched(*pair) for pair in results.also_searched),
        took_ms=results.took_ms,
    )


class LabelList(Stretch):
    words: Annotated[str, Field(max_length=LABEL), Tidy] = ""


class Labels(Told):
    """Words people search with, and the numbers of the articles that answer them."""

    words: Annotated[str, Field(pattern=VISIBLE, max_length=LABEL), Tidy]
    answers: list[Number] = Field(min_length=1, max_length=ANSWERS)


class NewText(Told):
    """A text somebody is about to save; ``without`` is the number of the article it revises, if it does."""

    text: Text
    without: Annotated[str, Field(pattern=f"^({params.Number.regex})?$"), AfterValidator(str.upper)] = ""
    limit: Whole = Field(5, ge=1, le=10)


class Typed(Told):
    """What is being typed."""

    q: Text = ""
    limit: Whole = Field(8, ge=1, le=20)


@dataclass(frozen=True, slots=True)
class Suggested:
    """``kind`` is title, asked, code or words; ``url`` is the article, for words the search for them."""

    text: str
    kind: str
    url: str


@dataclass(frozen=True, slots=True)
class SuggestedTexts:
    suggestions: tuple[Suggested, ...]


class ArticleList(Stretch):
    state: Literal["", "published", "retiring", "retired", "restoring"] = ""


class Comparison(Told):
    before: Id
    after: Id


class Answer(Told):
    """Whether an article helped; ``event`` names the search that led to it, where there was one."""

    solved: bool
    reason: Annotated[str, Field(max_length=500), Tidy] = ""
    event: Annotated[str, Field(max_length=64), Tidy] = ""


@dataclass(frozen=True, slots=True)
class Helped:
    """How many people an article helped, and how many it did not."""

    solved: int
    unsolved: int


class Seen(Told):
    seen_version: Version


class ChangedLabels(Seen):
    answers: list[Number] = Field(min_length=1, max_length=ANSWERS)


class Step(Seen):
    reason: Note = ""


class Approval(Seen):
    comment: Note = ""


class SentBack(Seen):
    reason: Annotated[str, Field(pattern=VISIBLE, max_length=2000), Tidy]


class Rejection(Approval):
    reason: Literal[REASONS]  # type: ignore[valid-type]


class ReportList(Stretch):
    words: Annotated[str, Field(max_length=200), Tidy] = ""
    system: Name = ""
    organisation: Name = ""
    import_id: Whole = Field(0, ge=0, le=MAX_ID, description="Only what came with this import; 0 for all.")


class Report(Told):
    """A problem as it was told and solved. Names are as told; days are ISO, "" where unknown."""

    phenomenon: Annotated[str, Field(pattern=VISIBLE, max_length=LONGEST), Tidy]
    key: Text = ""
    organisation: Text = ""
    system: Text = ""
    module: Text = ""
    environment: Long = ""
    cause: Long = ""
    resolution: Long = ""
    codes: list[Text] = []
    severity: Text = ""
    kind: Literal[REPORT_KINDS] = "fault"  # type: ignore[valid-type]
    status: Text = ""
    occurred: Moment = ""
    resolved: Moment = ""
    handler: Text = ""
    contact: Text = ""
    phone: Text = ""

    def value(self) -> ReportInput:
        return ReportInput(**{**self.model_dump(), "codes": tuple(self.codes)})


def _fields_of(kind: Kind) -> dict[str, Any]:
    """What the description says of one kind; that it holds is seen to where articles are written."""
    names = {field.name: {"type": "string"} for field in kind.fields}
    fields = {"type": "object", "properties": names, "additionalProperties": False}
    return {"properties": {"kind": {"const": kind.name}, "fields": fields}}


class Article(Told):
    """An article as written. ``fields`` maps the fields of its kind to Markdown; ``scope`` is an organisation's id."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [_fields_of(kind) for kind in KINDS.values()]})

    kind: Literal[tuple(KINDS)]  # type: ignore[valid-type]
    title: Annotated[str, Field(pattern=VISIBLE, max_length=TITLE), Tidy]
    fields: dict[Text, Text]
    asked: list[Text] = []
    codes: list[Text] = []
    system: Text = ""
    module: Text = ""
    audience: Literal[("", *AUDIENCES)] = ""  # type: ignore[valid-type]
    scope: Id | None = None
    restricted_to: list[Id] = []
    valid_from: Day = ""
    valid_to: Day = ""

    def value(self) -> ArticleInput:
        told = {name: getattr(self, name) for name in Article.model_fields}
        lists = {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
        return ArticleInput(**{**told, **lists})


class NewCandidate(Article):
    reports: list[Number] = Field([], max_length=100)


class ChangedCandidate(Article, Seen):
    pass


class Numbers(Told):
    reports: list[Number] = Field(min_length=1, max_length=100)


@dataclass(frozen=True, slots=True)
class Prefilled:
    """An article filled from reports, not saved yet."""

    article: ArticleInput
    reports: tuple[ReportRow, ...]


class CandidateList(Stretch):
    state: Literal["", "draft", "in_review", "in_signoff", "returned", "accepted", "rejected", "withdrawn"] = ""


class Options(Told):
    """How a file is to be read, and for whom its articles are; what is left open is found out."""

    encoding: Annotated[str, Field(max_length=20), Tidy] = ""
    delimiter: str = Field(default="", max_length=1)
    audience: Literal[("", *AUDIENCES)] = ""  # type: ignore[valid-type]
    scope: str = Field(default="", pattern=r"^[0-9]{0,9}$")

    def chosen(self) -> dict[str, str]:
        return {name: value for name in Options.model_fields if (value := getattr(self, name))}


class Upload(Options):
    """A file to be taken in."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: Annotated[FileStorage, WithJsonSchema({"type": "string", "format": "binary"})]
    kind: Literal["report", "article"]
    profile: Name = ""


class Mapped(Seen):
    """What the columns of a file are: ``mapping`` from column titles to field names."""

    mapping: dict[Text, Text] = {}
    profile: Name = ""
    options: Options = Options()


class Comment(Told):
    comment: Note = ""


class Reason(Told):
    reason: Annotated[str, Field(pattern=VISIBLE, max_length=2000), Tidy]


@dataclass(frozen=True, slots=True)
class Decided:
    """How many candidates were decided on."""

    candidates: int


class LexiconList(Stretch):
    kind: Literal[("", *LEXICON_KINDS)] = ""  # type: ignore[valid-type]
    words: Annotated[str, Field(max_length=200), Tidy] = ""


class ProposedEntry(Told):
    """A word, synonym set or stop word: ``text`` is one line of the text format of its kind."""

    kind: Literal[LEXICON_KINDS]  # type: ignore[valid-type]
    text: Text


class ProposedText(Told):
    """What an entry is to become; "" removes it."""

    text: Text = ""


class Reasoned(Told):
    """Why, and with ``confirmed`` also when some searches get worse by it."""

    reason: Annotated[str, Field(pattern=VISIBLE, max_length=LEXICON_REASON), Tidy]
    confirmed: bool = False


class NewEntry(ProposedEntry, Reasoned):
    def value(self) -> LexiconInput:
        return LexiconInput(kind=self.kind, text=self.text, reason=self.reason)


class Lines(NewEntry):
    """A whole file as ``text``; with ``dry_run`` it is only said what it would bring."""

    text: str
    reason: Annotated[str, Field(max_length=LEXICON_REASON), Tidy] = ""
    dry_run: bool = False


class ChangedEntry(Reasoned, Seen):
    text: Text


class RemovedEntry(Reasoned, Seen):
    pass


class Undo(Told):
    reason: Annotated[str, Field(max_length=LEXICON_REASON), Tidy] = ""


class Problem(BaseModel):
    """Why something was refused, as of RFC 9457: ``code`` is stable, ``detail`` a sentence for people."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    problems: dict[str, str] = {}
    """Names of fields to sentences, where fields are wrong."""
