"""Opens the base the settings name for one command, and tells as whom the command acts."""

import faulthandler
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from web.cli import language

if TYPE_CHECKING:
    from kb_service.bootstrap import KnowledgeBase
    from kb_service.domain.access import Actor

_ = language.text

LONGEST_END = 55
"""Seconds a process takes to end at most; whoever starts and stops services waits a little longer."""
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


def end_in_time() -> None:
    """This process has been told to end. What it waits for in vain is not waited for any longer than LONGEST_END: then
    it says where all its threads are, and is gone.
    """
    faulthandler.dump_traceback_later(LONGEST_END, exit=True)


def as_person(command: F) -> F:
    """The option ``--as PERSON``, handed on as ``person``."""
    return click.option("--as", "person", metavar="PERSON", default="", help=_("以这个用户名的身份执行。"))(command)


def acting(base: "KnowledgeBase", person: str) -> "Actor":
    """The named person, else the local operator of this machine. Raises NotFound."""
    return base.people.actor(base.people.find(person).id) if person else base.people.local()


def asking(base: "KnowledgeBase", person: str) -> "Actor":
    """The named person, else the visitor. Raises NotFound."""
    return base.people.actor(base.people.find(person).id) if person else base.people.visitor()
