"""Frozen values that go out: everything a page, the API or the command line may show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from indexer.evaluation import Measures

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
class LearnedView:
    """What ``people`` different people searched with before an article helped them; searchable on it."""

    id: int
    text: str
    people: int
    at: datetime


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
    learned: tuple[LearnedView, ...] = ()
    may_forget: bool = False
    """Whether the actor may take back what was learned."""
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
    repaired: str = ""
    """What was searched for instead of the words, where nothing was found for these."""
    did_you_mean: tuple[str, ...] = ()
    also_searched: tuple[tuple[str, str], ...] = ()
    """Parts of the words that were also searched in another form, each with that form."""
    offset: int = 0
    limit: int = 10


@dataclass(frozen=True, slots=True)
class WhyTerm:
    """A part of a question that a text has: ``through`` is what was typed where the text says it otherwise.

    ``share`` is its part of how well the text fits, 0 to 1; ``fields`` tell how often each text field has it.
    """

    term: str
    through: str
    share: float
    fields: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class WhyHit:
    """One hit explained. ``rank`` is 0 where it is not among the hits that are ranked.

    ``score`` is its part of the first hit's. ``exact`` tells what named it: title, code or nothing. ``parts`` are what
    its score is made of: relevance, title, prior. ``missing`` are the words of the question that it lacks.
    """

    number: str
    title: str
    audience: str
    rank: int
    score: float
    exact: str
    parts: Mapping[str, float]
    terms: tuple[WhyTerm, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhyView:
    """Why something stands where it stands; ``own`` is None for what cannot be found at all, such as a retired article.

    ``ahead`` is the hit in front of it. ``reasons`` are codes of what holds it back, most weighty first:
    not_searchable, waiting, nothing, beyond, exact, missing, relevance, title, prior, close.
    """

    words: str
    number: str
    own: WhyHit | None
    ahead: WhyHit | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An article that answers a labelled query."""

    number: str
    title: str


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """A labelled query with the answers the actor sees.

    ``place`` is that of its first answer in the latest evaluation, 0 where none was found, None where it was not asked.
    """

    id: int
    words: str
    answers: tuple[Answer, ...]
    source: str
    author: str
    at: datetime
    place: int | None
    version: int


@dataclass(frozen=True, slots=True)
class ProposedQuery:
    """What ``people`` different people asked before an article helped them."""

    words: str
    answer: Answer
    people: int


@dataclass(frozen=True, slots=True)
class EvaluationView:
    """How well the labelled queries were answered; ``drop`` tells that it was clearly better the time before."""

    id: int
    at: datetime
    author: str
    lexicon: int
    queries: int
    measures: Measures
    drop: bool


@dataclass(frozen=True, slots=True)
class MovedQuery:
    """A query that a change moves: places of its first answer, 0 for none, and the difference of its nDCG@10."""

    words: str
    before: int
    after: int
    difference: float


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do to the labelled queries; ``drop`` tells that more would be lost than goes unasked."""

    queries: int
    before: Measures
    after: Measures
    gained: tuple[MovedQuery, ...]
    lost: tuple[MovedQuery, ...]
    drop: bool


@dataclass(frozen=True, slots=True)
class SharedPassage:
    """What a new text shares with an article: a half-open range of the new text, and the words of the article."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class SimilarArticle:
    """An article near a new text. ``share`` of the new text stands there, which is ``other_share`` of the article.

    ``excerpt`` is escaped HTML with <mark> only, "" where no passage is shared.
    """

    number: str
    title: str
    kind: str
    system: str
    module: str
    share: float
    other_share: float
    passages: tuple[SharedPassage, ...]
    excerpt: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What somebody may mean who is still typing: a title, an asking, a code, or words that others searched with.

    ``kind`` is title, asked, code or words; ``number`` and ``title`` are those of the article it leads to.
    """

    text: str
    kind: str
    number: str
    title: str


@dataclass(frozen=True, slots=True)
class IndexStatus:
    engine: str
    generation: str
    documents: int
    state: str
    """ready, missing, mismatch, damaged, building or unavailable"""
    waiting: int
    parked: int
    progress: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """What waits for the background work; ``lag`` are the seconds the oldest change has waited, parked ones aside."""

    waiting: int
    parked: int
    lag: float
    imports_running: int
    imports_waiting: int
    rebuild: tuple[int, int] | None
    """documents done and to do, None while none runs"""
    lacks_words: bool


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """What a database tells of itself; ``ahead``, seconds its clock is before ours, and connections in use and at most
    are None for one that is a file.
    """

    kind: str
    version: tuple[int, ...]
    ahead: float | None = None
    connections: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class AttachmentSample:
    """Of so many attachments looked at, the bytes of how many are not there, or are not those that were kept."""

    looked_at: int
    missing: int
    damaged: int


@dataclass(frozen=True, slots=True)
class IndexCheck:
    """What the index lacks, has too much, or has in an older version; ids of documents, of many the first 1,000.

    ``counts`` has how many there are of each, how many documents the database and the index have, and how many changes
    wait.
    """

    missing: tuple[str, ...]
    surplus: tuple[str, ...]
    stale: tuple[str, ...]
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        return not (self.missing or self.surplus or self.stale)


@dataclass(frozen=True, slots=True)
class LexiconRow:
    """A word, synonym set or stop word: ``text`` is one line of the text format of its kind; who changed it last, why.

    ``removed`` tells that only its history is left.
    """

    id: int
    kind: str
    text: str
    author: str
    reason: str
    changed_at: datetime
    version: int
    removed: bool


@dataclass(frozen=True, slots=True)
class LexiconChangeRow:
    """One act on the lexicon; ``kind``, ``before`` and ``after`` are those of one of the ``entries`` it touched."""

    id: int
    action: str
    """add, change, remove, import or undo"""
    kind: str
    entry_id: int
    before: str
    after: str
    entries: int
    author: str
    reason: str
    at: datetime
    undoes: int | None
    """Id of the act it undid."""
    can_be_undone: bool
    """False once one of its entries was changed again."""


@dataclass(frozen=True, slots=True)
class LexiconView:
    """One entry and the acts that touched it, newest first."""

    entry: LexiconRow
    changes: tuple[LexiconChangeRow, ...]


@dataclass(frozen=True, slots=True)
class LexiconLine:
    """A line of a file that was not taken, and why."""

    number: int
    told: str
    problem: str


@dataclass(frozen=True, slots=True)
class RebuildProgress:
    """Documents done and to do."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class LexiconStatus:
    """What is in force: the number of entries by kind; whether the index still lacks words; how far its rebuild is."""

    revision: int
    counts: Mapping[str, int]
    words_wait: bool
    progress: RebuildProgress | None
    """While a rebuild runs, in whichever process."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Words that found nothing, and how many people asked so."""

    words: str
    people: int


@dataclass(frozen=True, slots=True)
class LexiconOutlook:
    """What a change of the lexicon would do, before it is made."""

    measured: Preview | None
    """Gains and losses of the labelled queries; None where there are none, or the index cannot answer now."""
    emptied: tuple[str, ...]
    """Words several people ask, or labelled queries, of which stop words would leave nothing."""
    notes: tuple[str, ...]
    """Sentences about what is odd but does no harm."""

    @property
    def needs_confirmation(self) -> bool:
        return bool(self.emptied) or bool(self.measured and self.measured.drop)


@dataclass(frozen=True, slots=True)
class LexiconImport:
    """What a file brings, or brought: new entries, lines that say what is there already, lines not taken."""

    created: int
    unchanged: int
    refused: tuple[LexiconLine, ...]
    outlook: LexiconOutlook


@dataclass(frozen=True, slots=True)
class BackupView:
    """One attempt at a backup; ``state`` is good, failed, running, or interrupted. ``size`` in bytes."""

    at: datetime
    path: str
    state: str
    size: int
    missing: int
    """Attachments the database names whose files were not there, or were damaged."""
    error: str
    removed: bool


@dataclass(frozen=True, slots=True)
class BackupState:
    """How backups stand. ``alarms`` are codes: overdue, failed, shrunk, incomplete; none while nothing is scheduled
    and nothing was ever made.
    """

    target: str
    """The folder the worker writes to; "" where it makes none."""
    last_good_at: datetime | None
    last_good_bytes: int
    last_error: str
    """Why the last attempt failed; "" where it did not."""
    next_due: datetime | None
    running: bool
    alarms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ArchiveView:
    """What a backup file holds, having been read to the end and found whole."""

    program: str
    made_at: datetime
    versions: Mapping[str, str]
    """The revision of the tables, by version table."""
    rows: Mapping[str, int]
    attachments: int
    missing: int
    encrypted: bool
    size: int
    """Bytes of the file."""
