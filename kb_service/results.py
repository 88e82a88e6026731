"""Frozen values that go out: everything a page, the API or the command line may show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A stretch of a longer list."""

    rows: tuple[T, ...]
    total: int
    offset: int
    limit: int


@dataclass(frozen=True, slots=True)
class OrganisationView:
    id: int
    name: str
    kind: str
    parent_id: int | None
    path: str
    """Names from the root down, parted by " / "."""


@dataclass(frozen=True, slots=True)
class SystemView:
    id: int
    name: str
    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonView:
    id: int
    username: str
    name: str
    organisation: str
    roles: tuple[tuple[str, str], ...]
    """Pairs of role and name of the organisation it is granted for."""
    active: bool


@dataclass(frozen=True, slots=True)
class AttachmentView:
    id: str
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class FieldView:
    """One filled field of an article: its name, Markdown, and the safe HTML made from it on saving."""

    name: str
    markdown: str
    html: str


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """An article in a list."""

    number: str
    title: str
    kind: str
    system: str
    module: str
    audience: str
    confidence: str
    state: str
    valid_to: str
    expired: bool
    published_at: datetime


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report in a list: no handler, contact or phone."""

    number: str
    key: str
    title: str
    system: str
    module: str
    organisation: str
    occurred: str
    status: str
    matched: bool
    """False while the organisation as told is not linked to a node (未对应)."""
    versions: int


@dataclass(frozen=True, slots=True)
class ReportVersionView:
    version: int
    phenomenon: str
    environment: str
    cause: str
    resolution: str
    codes: tuple[str, ...]
    severity: str
    kind: str
    status: str
    occurred: str
    resolved: str
    handler: str
    contact: str
    phone: str
    filed_at: datetime
    filed_by: str
    source: str
    place: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """One report with all its versions, newest first."""

    id: int
    number: str
    key: str
    title: str
    system: str
    module: str
    organisation: str
    organisation_as_told: str
    matched: bool
    versions: tuple[ReportVersionView, ...]
    articles: tuple[ArticleRow, ...]
    """Articles drawn from it that the actor may see."""
    attachments: tuple[AttachmentView, ...]
    actions: tuple[str, ...]

    @property
    def current(self) -> ReportVersionView:
        return self.versions[0]


@dataclass(frozen=True, slots=True)
class RevisionRow:
    number: int
    title: str
    author: str
    reviewer: str
    published_at: datetime
    comment: str


@dataclass(frozen=True, slots=True)
class ArticleView:
    """One article as its current (or an asked-for) revision tells it."""

    id: int
    number: str
    title: str
    kind: str
    fields: tuple[FieldView, ...]
    asked: tuple[str, ...]
    codes: tuple[str, ...]
    system: str
    module: str
    audience: str
    scope: str
    state: str
    confidence: str
    valid_from: str
    valid_to: str
    expired: bool
    revision: int
    version: int
    owner: str
    author: str
    reviewer: str
    published_at: datetime
    review_due: str
    solved: int
    unsolved: int
    attachments: tuple[AttachmentView, ...]
    actions: tuple[str, ...]
    """What the actor may do: history, revise, and the actions of the article's workflow."""
    reports: tuple[ReportRow, ...] = ()
    """Reports it came from that the actor may see."""
    open_revision: int | None = None
    """Id of a candidate proposing a new revision, for those who may see it."""


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a comparison: ``same``, ``gone``, ``new`` or ``changed``; either side may be empty."""

    change: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """The comparison of one field, side by side."""

    name: str
    lines: tuple[DiffLine, ...]


@dataclass(frozen=True, slots=True)
class CandidateRow:
    id: int
    title: str
    kind: str
    state: str
    author: str
    scope: str
    system: str
    target: str
    """Number of the article it would revise, "" for a new one."""
    import_id: int | None
    submitted_at: datetime | None
    due: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ReviewView:
    reviewer: str
    decision: str
    comment: str
    reason: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class CandidateView:
    """An article in waiting with its reports, reviews and what the actor may do."""

    id: int
    title: str
    kind: str
    state: str
    version: int
    fields: tuple[FieldView, ...]
    asked: tuple[str, ...]
    codes: tuple[str, ...]
    system: str
    module: str
    audience: str
    scope_id: int
    scope: str
    restricted_to: tuple[int, ...]
    valid_from: str
    valid_to: str
    author: str
    reviewer: str
    due: str
    target: str
    base_revision: int | None
    article: str
    """Number of the article it became, "" before."""
    reports: tuple[ReportRow, ...]
    reviews: tuple[ReviewView, ...]
    attachments: tuple[AttachmentView, ...]
    diff: tuple[FieldDiff, ...]
    """Against the live revision of the target; empty for a new article."""
    actions: tuple[str, ...]
    """From the workflow table: submit, claim, send_back, accept, sign_off, reject, withdraw; and edit."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rows of an import."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class RefusalView:
    source: str
    place: str
    reason: str
    message: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ImportView:
    """One file taken in."""

    id: int
    name: str
    kind: str
    state: str
    profile: str
    mapping: Mapping[str, str]
    """Column titles to field names as chosen by a person; empty while the guess stands."""
    options: Mapping[str, str]
    """encoding, delimiter, audience, scope: as chosen, absent where left open."""
    counts: Counts
    position: int
    total: int | None
    owner: str
    created_at: datetime
    finished_at: datetime | None
    message: str
    """Why it failed, "" else."""
    version: int
    actions: tuple[str, ...]
    """map, check, run, abandon, accept, send_back"""
    waiting: int = 0
    """Candidates of this import that still wait for a decision."""


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One hit, with what a list shows of it. ``title`` and ``snippet`` are escaped HTML with <mark> only."""

    number: str
    kind: str
    title: str
    title_html: str
    system: str
    module: str
    score: float
    snippet: str
    organisation: str = ""
    confidence: str = ""
    audience: str = ""
    valid_to: str = ""
    expired: bool = False
    solved: int = 0
    day: str = ""
    """Day of publication or occurrence, ISO."""


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    label: str
    count: int
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class SearchResults:
    """The answer to one search. ``step`` is all, most or any: how far the words had to be relaxed."""

    words: str
    total: int
    hits: tuple[SearchHit, ...]
    facets: Mapping[str, tuple[FacetValue, ...]]
    step: str
    took_ms: float
    event: str = ""
    """Random key of the search event, to tell later what was opened and what solved it."""
    corrected: str | None = None
    offset: int = 0
    limit: int = 10


@dataclass(frozen=True, slots=True)
class IndexStatus:
    engine: str
    generation: str
    documents: int
    state: str
    """ready, missing, mismatch, building or unavailable"""
    waiting: int
    parked: int
    progress: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class IndexCheck:
    """What the index lacks, has too much, or has in an older version; ids of documents."""

    missing: tuple[str, ...]
    surplus: tuple[str, ...]
    stale: tuple[str, ...]
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        return not (self.missing or self.surplus or self.stale)
