"""Opens the base the settings name for one command, and tells as whom the command acts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from web.cli import language

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase
    from kb_service.domain.access import Actor

_ = language.text
F = TypeVar("F", bound=Callable[..., Any])


@contextmanager
def opened() -> "Iterator[KnowledgeBase]":
    """The base of this process's settings, closed at the end. Raises NoBase, OldSchema and BadSettings."""
    from kb_service import config
    from kb_service.bootstrap import open_base

    base = open_base(config.load())
    try:
        yield base
    finally:
        base.close()


def as_person(command: F) -> F:
    """The option ``--as PERSON``, handed on as ``person``."""
    return click.option("--as", "person", metavar="PERSON", default="", help=_("以这个用户名的身份执行。"))(command)


def acting(base: "KnowledgeBase", person: str) -> "Actor":
    """The named person, else the local operator of this machine. Raises NotFound."""
    return base.people.actor(base.people.find(person).id) if person else base.people.local()


def asking(base: "KnowledgeBase", person: str) -> "Actor":
    """The named person, else the visitor. Raises NotFound."""
    return base.people.actor(base.people.find(person).id) if person else base.people.visitor()
