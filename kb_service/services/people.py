"""Use cases on persons, organisations and the taxonomy of systems."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb_service.domain.access import LOCAL, ROLES, VISITOR, Actor
from kb_service.domain.events import Event
from kb_service.domain.organisation import KINDS, Organisation, OrganisationAlias
from kb_service.domain.person import Grant, Person
from kb_service.domain.system import Module, System
from kb_service.errors import Denied, Duplicate, Invalid, NotFound
from kb_service.results import OrganisationView, PersonView, SystemView
from kb_service.store import people
from kb_service.store.unit_of_work import Database


class People:
    """Who there is, where they belong and what they may do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def visitor(self) -> Actor:
        """Nobody signed in."""
        return VISITOR

    def local(self) -> Actor:
        """The operator at the machine itself."""
        return LOCAL

    def actor(self, person_id: int) -> Actor:
        """The actor a person is now. Raises NotFound when unknown or disabled."""
        with self._database.read() as session:
            person = session.get(Person, person_id)
            if person is None or not person.active:
                raise NotFound("没有这个人员，或已停用。")
            return people.actor_of(person)

    def find(self, username: str) -> PersonView:
        """One person by user name. Raises NotFound."""
        with self._database.read() as session:
            return _view(people.person_by_username(session, username))

    def list(self, actor: Actor) -> tuple[PersonView, ...]:
        """Everybody, for who administers accounts. Raises Denied."""
        _demand_accounts(actor)
        with self._database.read() as session:
            return tuple(map(_view, session.scalars(select(Person).order_by(Person.id))))

    def add(
        self, actor: Actor, *, username: str, name: str, organisation: str, roles: Sequence[tuple[str, str]]
    ) -> PersonView:
        """Add somebody with roles, pairs of role and name of an organisation ("" for the own).

        In a base without organisations, the first one named becomes the root. Raises Denied, Invalid, Duplicate.
        """
        _demand_accounts(actor)
        _check_roles(roles)
        if not username.strip() or not name.strip():
            raise Invalid(problems={"username": "请填写用户名和姓名。"})
        with self._database.begin() as tx:
            tx.alone("people")
            if tx.session.scalar(select(Person.id).where(Person.username == username)):
                raise Duplicate(f"用户名“{username}”已被使用。")
            home = _organisation(tx.session, organisation)
            person = tx.add(Person(username=username, name=name, organisation=home))
            tx.session.flush()
            places = [(role, _organisation(tx.session, place) if place else home) for role, place in roles]
            person.grants = [Grant(role=role, organisation=place) for role, place in dict.fromkeys(places)]
            tx.record(Event(actor, "add_person", person, {"roles": [list(role) for role in roles]}))
            return _view(person)

    def disable(self, actor: Actor, username: str) -> PersonView:
        """Nobody may act as this person from now on; what they did stays. Raises Denied, NotFound."""
        _demand_accounts(actor)
        with self._database.begin() as tx:
            person = people.person_by_username(tx.session, username)
            person.active = False
            tx.record(Event(actor, "disable_person", person))
            return _view(person)

    def organisations(self, actor: Actor) -> tuple[OrganisationView, ...]:
        """The tree in the order of its paths; for who is signed in."""
        if not (actor.signed_in or actor.is_local):
            return ()
        with self._database.read() as session:
            found = session.scalars(select(Organisation).order_by(Organisation.path)).all()
        names = {one.id: one.name for one in found}
        return tuple(
            OrganisationView(one.id, one.name, one.kind, one.parent_id, " / ".join(names[above] for above in one.above))
            for one in found
        )

    def add_organisation(
        self, actor: Actor, *, name: str, kind: str, parent: str = "", aliases: Sequence[str] = ()
    ) -> OrganisationView:
        """Add a node below ``parent`` (a name; "" only for the root). Raises Denied, Invalid, Duplicate, NotFound."""
        _demand_accounts(actor)
        if kind not in KINDS:
            raise Invalid(problems={"kind": "机构类别应为：" + "、".join(KINDS) + "。"})
        with self._database.begin() as tx:
            tx.alone("people")
            taken = people.taxonomy(tx.session).organisations
            if clash := [one for one in (name, *aliases) if one.strip().casefold() in taken]:
                raise Duplicate(f"机构名称“{clash[0]}”已被使用。")
            if taken and not parent:
                raise Invalid(problems={"parent": "请写明上级机构：最上级的机构只有一个。"})
            above = _organisation(tx.session, parent) if parent else None
            node = _new_organisation(tx.session, name, kind, above, aliases)
            tx.record(Event(actor, "add_organisation", node))
            return OrganisationView(node.id, node.name, node.kind, node.parent_id, node.name)

    def systems(self) -> tuple[SystemView, ...]:
        """All systems with their modules."""
        with self._database.read() as session:
            found = session.scalars(select(System).order_by(System.id)).all()
            return tuple(SystemView(one.id, one.name, tuple(module.name for module in one.modules)) for one in found)

    def add_system(
        self, actor: Actor, *, name: str, aliases: Sequence[str] = (), modules: Sequence[str] = ()
    ) -> SystemView:
        """Add a system with its modules. Raises Denied, Duplicate."""
        if not actor.is_local and "manager" not in {role for role, _ in actor.grants}:
            raise Denied
        with self._database.begin() as tx:
            tx.alone("people")
            known = people.taxonomy(tx.session)
            if clash := [one for one in (name, *aliases) if known.system(one)[0]]:
                raise Duplicate(f"应用系统“{clash[0]}”已存在。")
            parts = [Module(name=one) for one in _names(modules)]
            system = System(name=name.strip(), aliases=_names(aliases), modules=parts)
            tx.add(system)
            tx.record(Event(actor, "add_system", system))
            return SystemView(system.id, system.name, tuple(modules))


def _demand_accounts(actor: Actor) -> None:
    if not actor.may("administer_accounts"):
        raise Denied


def _check_roles(roles: Sequence[tuple[str, str]]) -> None:
    unknown = [role for role, _ in roles if role not in ROLES]
    if unknown:
        raise Invalid(problems={"roles": f"没有“{unknown[0]}”这个角色。可用的有：{'、'.join(ROLES)}。"})
    administrators = {role for role, _ in roles if role.endswith("_admin")}
    if len(administrators) > 1:
        raise Invalid(problems={"roles": "系统、安全、审计三种管理员不能由一人兼任。"})


def _organisation(session: Session, name: str) -> Organisation:
    """The organisation of this name or alias; the very first one named becomes the root."""
    known = people.taxonomy(session)
    if found := known.organisation(name):
        return people.organisation(session, found)
    if known.organisations:
        raise NotFound(f"没有名为“{name}”的机构。")
    return _new_organisation(session, name, "headquarters", None, ())


def _new_organisation(
    session: Session, name: str, kind: str, parent: Organisation | None, aliases: Sequence[str]
) -> Organisation:
    node = Organisation(name=name.strip(), kind=kind, parent_id=parent.id if parent else None, path="")
    node.aliases = [OrganisationAlias(name=alias) for alias in _names(aliases)]
    session.add(node)
    session.flush()
    node.path = f"{parent.path if parent else '/'}{node.id}/"
    session.flush()
    return node


def _names(told: Sequence[str]) -> list[str]:
    """Each name once; a blank one would be every name that is missing."""
    return list(dict.fromkeys(name.strip() for name in told if name.strip()))


def _view(person: Person) -> PersonView:
    roles = tuple((grant.role, grant.organisation.name) for grant in person.grants)
    return PersonView(person.id, person.username, person.name, person.organisation.name, roles, person.active)
