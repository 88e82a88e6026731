"""Who sees what, and who may do what: the one place both the index filter and the database query take it from.

An article or report carries *reader tokens*, an actor holds tokens; the actor sees it when they share one. The SQL
conditions below say the same without tokens.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from kb_service.domain.article import Article, ArticleReader
from kb_service.domain.candidate import Candidate
from kb_service.domain.organisation import Organisation, above
from kb_service.domain.report import Report
from kb_service.domain.workflow import FINDABLE

ROLES = (
    "user",
    "agent",
    "operator",
    "expert",
    "reviewer",
    "group_head",
    "manager",
    "operations_admin",
    "accounts_admin",
    "audit_admin",
)
STAFF = frozenset({"agent", "operator", "expert", "reviewer", "group_head", "manager"})
WRITERS = frozenset({"expert", "reviewer", "group_head", "manager"})
ADMINISTRATORS = frozenset({"operations_admin", "accounts_admin", "audit_admin"})

RIGHTS = {
    "file_report": STAFF,
    "import_report": STAFF - {"agent"},
    "import_article": WRITERS,
    "write": WRITERS,
    "review": frozenset({"reviewer"}),
    "sign_off": frozenset({"group_head"}),
    "curate_lexicon": frozenset({"manager"}),
    "evaluate": frozenset({"manager"}),
    "administer_index": frozenset({"operations_admin"}),
    "administer_accounts": frozenset({"accounts_admin"}),
}
NOT_LOCAL = frozenset({"review", "sign_off"})
"""What the local operator may not do: to decide on knowledge takes a person."""

EVERYTHING = "all"
PUBLIC = "public"


@dataclass(frozen=True)
class Actor:
    """Who asks: a person, the visitor (nobody signed in) or the local operator of the machine.

    ``place`` is the path of the own organisation, ``grants`` are pairs of role and path of the subtree it holds for.
    """

    name: str
    username: str = ""
    person_id: int | None = None
    place: str = ""
    grants: frozenset[tuple[str, str]] = frozenset()
    is_local: bool = False

    @property
    def signed_in(self) -> bool:
        return self.person_id is not None

    @cached_property
    def above(self) -> tuple[int, ...]:
        """Ids of the own organisation and all above it, from the root down."""
        return above(self.place)

    @property
    def organisation_id(self) -> int | None:
        return self.above[-1] if self.above else None

    @cached_property
    def staff_places(self) -> tuple[str, ...]:
        """Paths of the subtrees where the actor is staff."""
        return tuple(sorted({path for role, path in self.grants if role in STAFF}))

    @property
    def is_staff(self) -> bool:
        return self.is_local or bool(self.staff_places)

    @property
    def writing_place(self) -> str:
        """Path of the widest subtree the actor writes for; the own organisation where that is none."""
        return min((path for role, path in self.grants if role in WRITERS), key=len, default=self.place)

    def may(self, right: str) -> bool:
        """Whether a role gives this right somewhere; where exactly is asked with ``holds``."""
        if self.is_local:
            return right not in NOT_LOCAL
        return any(role in RIGHTS[right] for role, _ in self.grants)

    def holds(self, roles: Iterable[str], path: str) -> bool:
        """Whether one of ``roles`` is granted for the organisation at ``path``."""
        wanted = frozenset(roles)
        return any(role in wanted and path.startswith(place) for role, place in self.grants)


VISITOR = Actor("visitor")
LOCAL = Actor("local", "local", is_local=True)


def tokens_of(actor: Actor) -> frozenset[str]:
    """The tokens an actor holds."""
    if actor.is_local:
        return frozenset({EVERYTHING})
    own = [token for place in actor.above for token in (f"in:{place}", f"only:{place}")]
    staff = [f"staff:{above(path)[-1]}" for path in actor.staff_places]
    return frozenset({PUBLIC, *own, *staff})


def readers_of_article(audience: str, state: str, scope: str, chosen: Iterable[int]) -> frozenset[str]:
    """The tokens that open an article, by the path of its scope and the ids of the organisations chosen to read it."""
    if audience == "restricted":
        return frozenset({EVERYTHING, *(f"only:{place}" for place in chosen)})
    places = above(scope)
    staff = {f"staff:{place}" for place in places}
    if state not in FINDABLE:
        return frozenset({EVERYTHING, *staff})
    everyone = PUBLIC if audience == "public" else f"in:{places[-1]}"
    return frozenset({EVERYTHING, everyone, *staff})


def readers_of_report(organisation: str) -> frozenset[str]:
    """The tokens that open a report, by the path of its organisation."""
    return frozenset({EVERYTHING, *(f"staff:{place}" for place in above(organisation))})


def visible_articles(actor: Actor) -> ColumnElement[bool]:
    """The condition on Article that holds exactly where ``tokens_of`` meets ``readers_of_article``."""
    if actor.is_local:
        return true()
    findable = Article.state.in_(FINDABLE)
    chosen = select(ArticleReader.article_id).where(ArticleReader.organisation_id.in_(actor.above))
    return or_(
        and_(Article.audience == "public", findable),
        and_(Article.audience == "internal", findable, Article.scope_id.in_(actor.above)),
        and_(Article.audience != "restricted", _inside(Article.scope_id, actor.staff_places)),
        and_(Article.audience == "restricted", Article.id.in_(chosen)),
    )


def visible_reports(actor: Actor) -> ColumnElement[bool]:
    """The condition on Report that holds exactly where ``tokens_of`` meets ``readers_of_report``."""
    return true() if actor.is_local else _inside(Report.organisation_id, actor.staff_places)


def visible_candidates(actor: Actor) -> ColumnElement[bool]:
    """The condition on Candidate: the author, and the reviewers and group heads of its scope."""
    if actor.is_local:
        return true()
    deciders = tuple(path for role, path in actor.grants if role in ("reviewer", "group_head"))
    decided_here = and_(Candidate.state != "draft", _inside(Candidate.scope_id, deciders))
    return or_(Candidate.author_id == actor.person_id, decided_here) if actor.signed_in else false()


def parts_in_candidate(actor: Actor, candidate: Candidate) -> frozenset[str]:
    """The parts of the workflow table that the actor plays towards a candidate."""
    places = [scope.path for scope in candidate.scopes]
    parts = {
        "author": candidate.author_id == actor.person_id and (actor.signed_in or actor.is_local),
        "reviewer": all(actor.holds({"reviewer"}, place) for place in places),
        "group_head": all(actor.holds({"group_head"}, place) for place in places),
        "accepter": actor.signed_in and candidate.accepter_id == actor.person_id,
    }
    return frozenset(part for part, played in parts.items() if played)


def parts_in_article(actor: Actor, article: Article) -> frozenset[str]:
    """The parts of the workflow table that the actor plays towards an article."""
    scope = article.scope.path
    parts = {
        "writer": actor.holds(WRITERS, scope),
        "reviewer": actor.holds({"reviewer", "group_head"}, scope),
        "proposer": actor.signed_in and article.proposer_id == actor.person_id,
        "owner": actor.signed_in and article.owner_id == actor.person_id,
        "manager": actor.is_local or actor.holds({"manager"}, scope),
    }
    return frozenset(part for part, played in parts.items() if played)


def _inside(column: InstrumentedAttribute[int], places: Iterable[str]) -> ColumnElement[bool]:
    """Whether the organisation in ``column`` lies in one of the subtrees."""
    paths = [Organisation.path.startswith(place) for place in places]
    return column.in_(select(Organisation.id).where(or_(*paths))) if paths else false()
