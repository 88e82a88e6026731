"""Fills an empty base with the demo data through the use cases people call, at the times the data tells of."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING

from kb_service.config import Settings
from kb_service.demo import Article, Demo, Report, load
from kb_service.domain.access import Actor
from kb_service.errors import Conflict
from kb_service.inputs import ArticleInput, LexiconInput, ReportInput
from kb_service.results import CandidateView
from kb_service.services.clock import ZONE

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase

FILED, DRAFTED, REVIEWED, SIGNED, ANSWERED = time(9, 40), time(10, 20), time(15, 10), time(16, 30), time(11, 5)
DRAFTING, ANSWERING = timedelta(days=3), timedelta(days=9)
"""From the draft of an article to its publication, and from one 解决了 to the next."""
FILERS = ("operator", "expert", "expert2")
"""Who files reports: the first whose role covers the organisation; the second where its name is unknown."""

Progress = Callable[[int, int], None]
Happening = tuple[datetime, Callable[[], None]]


class NotADemo(Conflict):
    """Something else than a demo base lives in the home folder: it is left as it is."""

    code = "not_a_demo"
    sentence = "这个文件夹里已有别的内容，没有改动。请用 KB_HOME 为演示库另选一个空文件夹。"


@contextmanager
def new_home(settings: Settings) -> Iterator[Settings]:
    """Settings with a temporary home, which takes the place of the empty one of ``settings`` when the block ends well.

    Raises NotADemo when the home is in use, or the database lies elsewhere.
    """
    home = settings.home.absolute()
    if not settings.database_url().startswith(f"sqlite:///{home}/") or (home.exists() and any(home.iterdir())):
        raise NotADemo(home=str(home))
    fresh = settings.model_copy(update={"home": home.with_name(f".{home.name}.building")})
    shutil.rmtree(fresh.home, ignore_errors=True)
    fresh.home.mkdir(parents=True, mode=0o700)
    fresh.demo_marker.write_text("demo\n", encoding="utf-8")
    try:
        yield fresh
        fresh.home.replace(home)
    finally:
        shutil.rmtree(fresh.home, ignore_errors=True)


@dataclass
class Clock:
    """The time of a base that is being built; the real time once ``at`` is None."""

    at: datetime | None = None

    def __call__(self) -> datetime:
        return self.at or datetime.now(UTC)


def build(base: "KnowledgeBase", clock: Clock, progress: Progress = lambda done, total: None) -> None:
    """Fill ``base``, opened with ``clock``, with all that happened, day by day. Raises NotADemo unless it is empty."""
    if base.people.list(base.people.local()):
        raise NotADemo()
    history = History(base, load())
    happenings = sorted(history.told(), key=itemgetter(0))
    clock.at = happenings[0][0] - timedelta(days=1)
    history.begin()
    for done, (at, happen) in enumerate(happenings, 1):
        clock.at = at
        happen()
        progress(done, len(happenings))
    history.label()
    history.name()
    clock.at = None


class History:
    """What happened in the demo: who did what, and when."""

    def __init__(self, base: "KnowledgeBase", demo: Demo) -> None:
        self.base = base
        self.demo = demo
        self.above = dict(_above(demo))
        self.staff = {person.username: {place for _, place in person.roles} for person in demo.people}
        self.places: dict[str, int] = {}
        self.actors: dict[str, Actor] = {}
        self.reports = {report.key: report for report in demo.reports}
        self.numbers: dict[str, str] = {}
        self.candidates: dict[str, CandidateView] = {}

    def begin(self) -> None:
        """Organisations, systems and people are there before anything happens."""
        people, local = self.base.people, self.base.people.local()
        names = {place.key: place.name for place in self.demo.organisations}
        for place in self.demo.organisations:
            parent = names.get(place.parent, "")
            node = people.add_organisation(
                local, name=place.name, kind=place.kind, parent=parent, aliases=place.aliases
            )
            self.places[place.key] = node.id
        for system in self.demo.systems:
            people.add_system(local, name=system.name, aliases=system.aliases, modules=system.modules)
        for person in self.demo.people:
            roles = [(role, names[place]) for role, place in person.roles]
            view = people.add(
                local, username=person.username, name=person.name, organisation=names[person.organisation], roles=roles
            )
            self.actors[person.username] = people.actor(view.id)

    def told(self) -> Iterator[Happening]:
        """Everything that happens, in no order."""
        last = max(report.told_on for report in self.demo.reports)
        for report in self.demo.reports:
            yield _at(report.told_on, FILED), partial(self.file, report)
        for article in self.demo.articles:
            told_on = [self.reports[key].told_on for key in article.reports]
            begun = max(article.published - DRAFTING, *told_on, date.min)
            yield from self.written(article, begun)
            for turn, key in enumerate(article.reports, 1):
                if (day := article.published + turn * ANSWERING) <= last:
                    yield _at(day, ANSWERED), partial(self.solve, article, key)

    def written(self, article: Article, begun: date) -> Iterator[Happening]:
        """An article comes to be: drafted and submitted, accepted, signed off where that is needed."""
        yield _at(begun, DRAFTED), partial(self.draft, article)
        yield _at(article.published, REVIEWED), partial(self.accept, article)
        if article.signer:
            yield _at(article.published, SIGNED), partial(self.sign, article)

    def file(self, report: Report) -> None:
        days = {"occurred": _iso(report.occurred), "resolved": _iso(report.resolved)}
        told = ReportInput(**asdict(report) | days, status=report.status)
        self.numbers[report.key] = self.base.reports.file(self.actors[self.filer(report)], told).number

    def filer(self, report: Report) -> str:
        """The first of FILERS who is staff for the organisation."""
        return next(name for name in FILERS if self.sees(name, report))

    def sees(self, username: str, report: Report) -> bool:
        """Whether a person is staff for the organisation; a name nobody knows will be that of the second of FILERS."""
        return not self.staff[username].isdisjoint(self.above.get(report.organisation, self.staff[FILERS[1]]))

    def draft(self, article: Article) -> None:
        told = ArticleInput(
            kind=article.kind,
            title=article.title,
            fields=article.fields,
            asked=article.asked,
            codes=article.codes,
            system=article.system,
            module=article.module,
            audience=article.audience,
            scope=self.places[article.scope],
            restricted_to=tuple(self.places[place] for place in article.restricted_to),
            valid_from=_iso(article.valid_from),
            valid_to=_iso(article.valid_to),
        )
        author = self.actors[article.author]
        reports = [self.numbers[key] for key in article.reports if self.sees(article.author, self.reports[key])]
        begun = self.base.candidates.create(author, told, reports=reports)
        self.candidates[article.key] = self.base.candidates.submit(author, begun.id, seen_version=begun.version)

    def accept(self, article: Article) -> None:
        waiting = self.candidates[article.key]
        self.candidates[article.key] = self.base.reviews.accept(
            self.actors[article.reviewer], waiting.id, seen_version=waiting.version
        )

    def sign(self, article: Article) -> None:
        waiting = self.candidates[article.key]
        self.candidates[article.key] = self.base.reviews.sign_off(
            self.actors[article.signer], waiting.id, seen_version=waiting.version
        )

    def solve(self, article: Article, report: str) -> None:
        """The office that told the trouble says that the article helped."""
        reader, number = self.actors[article.author], self.candidates[article.key].article
        self.base.feedback.answer(reader, number, solved=True, who=f"demo {report}")

    def label(self) -> None:
        """What people would ask in the demo, as labelled queries of the base."""
        for question in self.demo.questions:
            answer = self.candidates[question.article].article
            self.base.labelled.add(self.base.people.local(), question.words, [answer], source="demo")

    def name(self) -> None:
        """What the knowledge manager added to the lexicon; nothing is weighed before there is an index."""
        for entry in self.demo.lexicon:
            self.base.lexicon.add(self.actors["manager"], LexiconInput(**asdict(entry)), confirmed=True)


def _above(demo: Demo) -> Iterator[tuple[str, frozenset[str]]]:
    """For every name and alias of an organisation, the keys of it and of all above it."""
    above: dict[str, frozenset[str]] = {"": frozenset()}
    for place in demo.organisations:
        above[place.key] = above[place.parent] | {place.key}
        yield from ((name, above[place.key]) for name in (place.name, *place.aliases))


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, ZONE).astimezone(UTC)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
