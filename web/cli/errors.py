"""What a refusal is on the command line: one line on standard error, and an exit code from one table."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click

from importers.errors import ImportFailed
from indexer.errors import IndexerError
from kb_service import config
from kb_service import errors as kb_errors
from web.cli import language

_ = language.text

FILE_REFUSED = 3
PROBLEMS_FOUND = 12
INTERRUPTED = 130

EXIT_CODES: Mapping[type[Exception], int] = {
    ImportFailed: FILE_REFUSED,
    kb_errors.BadArchive: FILE_REFUSED,
    kb_errors.NoBase: 4,
    kb_errors.OldSchema: 5,
    kb_errors.NotFound: 6,
    kb_errors.Denied: 7,
    kb_errors.Invalid: 8,
    kb_errors.Conflict: 9,
    kb_errors.Unavailable: 10,
    IndexerError: 10,
    config.BadSettings: 11,
    OSError: 13,
    kb_errors.KBError: 1,
}
"""By the nearest class; 0 is success, 2 a wrong command line, `PROBLEMS_FOUND` an index or installation in disorder."""


def exit_code(error: Exception) -> int:
    """The exit code of the nearest class in the table."""
    return next(EXIT_CODES[cls] for cls in type(error).__mro__ if cls in EXIT_CODES)


def sentence(error: Exception) -> str:
    """What happened, as one line in the language of the reader."""
    if isinstance(error, kb_errors.KBError):
        return _refusal(error)
    if isinstance(error, OSError):
        return _("无法读写 {path}：{reason}").format(path=error.filename or "", reason=error.strerror or error)
    return " ".join(str(getattr(error, "message", error)).split())


@contextmanager
def told() -> Iterator[None]:
    """Whatever the table knows ends the command with one line; what it does not know is our own fault and shows."""
    try:
        yield
    except BrokenPipeError:
        raise
    except tuple(EXIT_CODES) as error:
        click.echo(f"kb: {sentence(error)}", err=True)
        raise click.exceptions.Exit(exit_code(error)) from error
    except KeyboardInterrupt as stop:
        click.echo(_("kb: 已中断。"), err=True)
        raise click.exceptions.Exit(INTERRUPTED) from stop


def _refusal(error: kb_errors.KBError) -> str:
    """The base speaks Chinese: elsewhere the general sentence of the error leads, and its own words follow."""
    problems = error.problems.values() if isinstance(error, kb_errors.Invalid) else ()
    own = " ".join(" ".join((error.message, *problems)).split())
    general = _(error.sentence)
    return own if general == error.sentence else f"{general} {own.removeprefix(error.sentence)}".strip()
