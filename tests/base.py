"""A small base on real parts: SQLite on disk or PostgreSQL, the memory engine, a clock the test holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kb_service.bootstrap import KnowledgeBase, open_base
from kb_service.config import Settings
from kb_service.domain.access import Actor
from tests import databases

ORGANISATIONS = (
    ("总局", "headquarters", ""),
    ("甲省局", "province", "总局"),
    ("甲省信息中心", "department", "甲省局"),
    ("甲一市局", "city", "甲省局"),
    ("甲一一县局", "county", "甲一市局"),
    ("甲一二县局", "county", "甲一市局"),
    ("乙省局", "province", "总局"),
    ("乙一市局", "city", "乙省局"),
    ("乙一一县局", "county", "乙一市局"),
)
PEOPLE = (
    ("officer", "甲一一县局", "user", "甲一一县局"),
    ("officer_b", "乙一一县局", "user", "乙一一县局"),
    ("agent", "甲一市局", "agent", "甲一市局"),
    ("operator", "甲一市局", "operator", "甲一市局"),
    ("expert", "甲省信息中心", "expert", "甲省局"),
    ("expert_b", "乙省局", "expert", "乙省局"),
    ("reviewer", "甲省局", "reviewer", "甲省局"),
    ("reviewer_hq", "总局", "reviewer", "总局"),
    ("head", "总局", "group_head", "总局"),
    ("manager", "甲省局", "manager", "甲省局"),
    ("sysadmin", "总局", "operations_admin", "总局"),
)


@dataclass
class Clock:
    """The time it is; a test moves it on."""

    at: datetime = field(default_factory=lambda: datetime(2026, 3, 5, 1, 0, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@contextmanager
def base_at(home: Path, clock: Clock, index: str = "memory:", database: str = "") -> Iterator[KnowledgeBase]:
    """The base in the folder, or else in ``database``, empty where there is none yet, and an index made anew."""
    where = {"database": told} if (told := database or databases.of(home)) else {}
    kb = open_base(Settings(home=home, index=index, **where), create=True, now=clock)
    try:
        kb.index.rebuild()
        yield kb
    finally:
        kb.close()


def populate(kb: KnowledgeBase) -> None:
    """Organisations, systems and people; everybody's user name is the key of their actor."""
    local = kb.people.local()
    for name, kind, parent in ORGANISATIONS:
        kb.people.add_organisation(local, name=name, kind=kind, parent=parent, aliases=(f"{name}（别名）",))
    kb.people.add_system(local, name="开票软件", aliases=("增值税开票软件",), modules=("登录", "抄报"))
    for username, organisation, role, place in PEOPLE:
        kb.people.add(local, username=username, name=f"{username}·名", organisation=organisation, roles=[(role, place)])


def actor(kb: KnowledgeBase, username: str) -> Actor:
    return kb.people.actor(kb.people.find(username).id)
