"""Queries on organisations, systems and persons."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from kb_service.domain.access import Actor
from kb_service.domain.organisation import Organisation, OrganisationAlias, above
from kb_service.domain.person import Person
from kb_service.domain.system import System
from kb_service.errors import NotFound


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """How names as told lead to nodes: exact names and aliases, upper and lower case alike."""

    organisations: Mapping[str, int]
    systems: Mapping[str, tuple[int, str]]
    """Id and proper name by any name."""

    def organisation(self, told: str) -> int | None:
        return self.organisations.get(_folded(told))

    def system(self, told: str) -> tuple[int | None, str]:
        """Id and proper name of the system; what is unknown keeps the name as told."""
        return self.systems.get(_folded(told), (None, told.strip()))


def taxonomy(session: Session) -> Taxonomy:
    names: Iterable[tuple[str, int]] = (
        *session.execute(select(OrganisationAlias.name, OrganisationAlias.organisation_id)),
        *session.execute(select(Organisation.name, Organisation.id)),
    )
    systems = {
        _folded(name): (system.id, system.name)
        for system in session.scalars(select(System).order_by(System.id))
        for name in (*system.aliases, system.name)
    }
    return Taxonomy({_folded(name): node for name, node in names}, systems)


def person_by_username(session: Session, username: str) -> Person:
    person = session.scalar(select(Person).where(Person.username == username))
    if person is None:
        raise NotFound(f"没有名为“{username}”的人员。")
    return person


def actor_of(person: Person) -> Actor:
    """The actor a person is now, with the places of all grants."""
    return Actor(
        name=person.name,
        username=person.username,
        person_id=person.id,
        place=person.organisation.path,
        grants=frozenset((grant.role, grant.organisation.path) for grant in person.grants),
    )


def organisation(session: Session, organisation_id: int) -> Organisation:
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound("没有这个机构。")
    return found


def at(session: Session, path: str) -> Organisation:
    """The organisation at the end of a path."""
    return organisation(session, above(path)[-1])


def root(session: Session) -> Organisation:
    """The organisation above all. Raises NotFound in a base without organisations."""
    found = session.scalar(select(Organisation).where(Organisation.parent_id.is_(None)).order_by(Organisation.id))
    if found is None:
        raise NotFound("这个知识库里还没有机构：请先用 kb person add 建立第一个机构和人员。")
    return found


def names(session: Session, organisation_ids: Iterable[int]) -> dict[int, str]:
    """Names of organisations by id."""
    return dict(session.execute(_NAMES, {"ids": list(organisation_ids)}).all())


_NAMES = select(Organisation.id, Organisation.name).where(Organisation.id.in_(bindparam("ids", expanding=True)))


def _folded(name: str) -> str:
    return name.strip().casefold()


def home_of(session: Session, actor: Actor) -> int:
    """The organisation of the actor; that of the local operator is the root."""
    return actor.organisation_id or root(session).id
