"""The way of a file: read, previewed, or run as an import job in batches; no format, rule or storage of its own."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Literal, Protocol, cast

from importers import drafting, mapping, profiles, readers, sources
from importers.errors import ImportFailed, MissingColumns, UnreadableSource, refusal
from importers.fields import FIELDS, named
from importers.results import Preview, Settings, TablePreview, Told
from importers.sources import Source
from importers.tables import Table
from kb_service.inputs import Draft, Refusal

__all__ = ["FIELDS", "Base", "Imports", "Job", "digest", "preview", "read", "run"]

Kind = Literal["report", "article"]

BATCH = 500
ROWS = 200_000
"""Rows, pages and forms an import may have."""

PREVIEWED = 10
"""Sources a preview looks into."""

_CHUNK = 1 << 20


class Job(Protocol):
    """What the base says of an import that is to be run."""

    @property
    def path(self) -> Path: ...
    @property
    def kind(self) -> str: ...
    @property
    def profile(self) -> str: ...
    @property
    def mapping(self) -> Mapping[str, str]: ...
    @property
    def options(self) -> Mapping[str, str]: ...
    @property
    def position(self) -> int: ...


class Imports(Protocol):
    """The use cases of imports a run needs."""

    def job(self, import_id: int) -> Job: ...
    def take(
        self,
        import_id: int,
        drafts: Sequence[Draft],
        refusals: Sequence[Refusal],
        *,
        position: int,
        total: int | None,
    ) -> None: ...
    def finish(self, import_id: int) -> None: ...
    def fail(self, import_id: int, code: str, message: str, source: str) -> None: ...


class Base(Protocol):
    """A knowledge base, as far as a run needs it."""

    @property
    def imports(self) -> Imports: ...


def read(path: Path, kind: Kind, settings: Settings) -> Iterator[Draft | Refusal]:
    """The drafts and refusals of a file, folder or archive, in their order, as they are read.

    A key occurs once; the second draft with it is refused. Raises `ImportFailed` when the whole cannot be read; a file
    in a folder or archive that cannot is one refusal.
    """
    seen: set[str] = set()
    for count, told in enumerate(_told(path, kind, profiles.settled(settings, path.name)), 1):
        if count > ROWS:
            raise UnreadableSource("too_large", path.name, f"一次最多导入 {ROWS} 条")
        yield _once(told, drafting.draft(told, kind) if isinstance(told, Told) else told, seen)


def _once(told: Told | Refusal, taken: Draft | Refusal, seen: set[str]) -> Draft | Refusal:
    if isinstance(taken, Refusal) or not taken.value.key:
        return taken
    if taken.value.key in seen and isinstance(told, Told):
        return refusal(taken.source, taken.place, "duplicate_key", taken.value.key, told.cells or told.fields)
    seen.add(taken.value.key)
    return taken


def _told(path: Path, kind: Kind, settings: Settings) -> Iterator[Told | Refusal]:
    with sources.opened(path) as found:
        for source in found:
            if isinstance(source, Refusal):
                yield source
                continue
            try:
                yield from _of_source(source, kind, settings)
            except ImportFailed as failure:
                if source.alone:
                    raise
                yield failure.refusal()


def _of_source(source: Source, kind: Kind, settings: Settings) -> Iterator[Told | Refusal]:
    if source.format in readers.TABLES:
        yield from _of_tables(source, kind, settings)
    else:
        yield from readers.text_reader(source.format).read(source, kind, settings)


def _of_tables(source: Source, kind: Kind, settings: Settings) -> Iterator[Told | Refusal]:
    """The rows of the tables that have what is required. A sheet that has only part of it is refused, one that has
    nothing of it is no table of ours; when none has it, the file cannot be read."""
    lacking: list[tuple[Table, tuple[str, ...]]] = []
    usable = False
    for table in readers.table_reader(source.format).tables(source, settings):
        opened = mapping.opened(table, kind, settings.mapping, source.name)
        if opened and not (missing := opened.missing):
            usable = True
            yield from mapping.told(opened)
        elif opened:
            lacking.append((table, missing))
    if not usable:
        names = lacking[0][1] if lacking else ()
        raise MissingColumns("missing_columns" if names else "no_table", source.name, labels(names, kind))
    for table, missing in lacking:
        yield refusal(source.name, f"工作表“{table.sheet}”", "missing_columns", labels(missing, kind))


def labels(names: Sequence[str], kind: str) -> str:
    """The Chinese labels of fields, as part of a sentence."""
    return "、".join(named(name, kind).label for name in names)


def preview(path: Path, kind: Kind, settings: Settings) -> Preview:
    """What the first rows of the first sources show, quickly. Raises `ImportFailed` when the whole cannot be read."""
    settings = profiles.settled(settings, path.name)
    tables: list[TablePreview] = []
    problems: list[str] = []
    count = 0
    with sources.opened(path) as found:
        for source in islice(found, PREVIEWED):
            count += 1
            if isinstance(source, Refusal):
                problems.append(f"{source.source}：{source.message}")
            elif source.format in readers.TABLES:
                try:
                    tables += _previewed(source, kind, settings)
                except ImportFailed as failure:
                    if source.alone:
                        raise
                    problems.append(failure.message)
    return Preview(
        tables=tuple(tables),
        sources=count,
        problems=tuple(problems),
        profiles=tuple(profile.name for profile in profiles.available() if profile.kind == kind),
        encoding=tables[0].encoding if tables else "",
        delimiter=tables[0].delimiter if tables else "",
    )


def _previewed(source: Source, kind: Kind, settings: Settings) -> Iterator[TablePreview]:
    for table in readers.table_reader(source.format).tables(source, settings):
        if opened := mapping.opened(table, kind, settings.mapping, source.name):
            yield TablePreview(
                source=source.name,
                sheet=table.sheet,
                header_rows=opened.header.rows,
                columns=mapping.columns(opened),
                missing=opened.missing,
                encoding=table.encoding,
                delimiter=table.delimiter,
            )


def run(base: Base, import_id: int) -> None:
    """Run an import job from where it stopped: batches of `BATCH` go to the base with their position.

    The total is told with the last batch. A file that cannot be read fails the import; what was taken before stays.
    """
    job = base.imports.job(import_id)
    settings = Settings(
        profile=job.profile,
        mapping=job.mapping,
        encoding=job.options.get("encoding", ""),
        delimiter=job.options.get("delimiter", ""),
    )
    position = job.position
    try:
        rest = islice(read(job.path, cast(Kind, job.kind), settings), position, None)
        for batch, is_last in _batches(rest):
            position += len(batch)
            _hand_over(base, import_id, batch, position, position if is_last else None)
    except ImportFailed as failure:
        base.imports.fail(import_id, failure.code, failure.message, failure.source)
    else:
        base.imports.finish(import_id)


def _batches(values: Iterator[Draft | Refusal]) -> Iterator[tuple[list[Draft | Refusal], bool]]:
    """Batches, each with whether it is the last; a failure after a batch comes when that has been taken."""
    ahead = list(islice(values, BATCH))
    while batch := ahead:
        failure: ImportFailed | None = None
        try:
            ahead = list(islice(values, BATCH))
        except ImportFailed as error:
            ahead, failure = [], error
        yield batch, not (ahead or failure)
        if failure:
            raise failure


def _hand_over(base: Base, import_id: int, batch: list[Draft | Refusal], position: int, total: int | None) -> None:
    drafts = [value for value in batch if isinstance(value, Draft)]
    refusals = [value for value in batch if isinstance(value, Refusal)]
    base.imports.take(import_id, drafts, refusals, position=position, total=total)


def digest(path: Path) -> tuple[str, int]:
    """SHA-256 (hex) and size in bytes of a file, or of a folder's files with their relative names."""
    total, size = hashlib.sha256(), 0
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    for file in files:
        if path.is_dir():
            total.update(
                f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\0".encode(errors="surrogateescape")
            )
        with file.open("rb") as data:
            while chunk := data.read(_CHUNK):
                total.update(chunk)
                size += len(chunk)
    return total.hexdigest(), size
