"""The work that is killed: real processes on a base of its own, and a ledger of what that base acknowledged."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib import error, request

from benchmarks import processes
from importers import pipeline
from kb_service.bootstrap import KnowledgeBase, open_base
from kb_service.config import Settings
from kb_service.domain.access import Actor
from kb_service.inputs import ArticleInput, ReportInput
from kb_service.results import ImportView
from web.cli.db import upgraded

ROOT = Path(__file__).resolve().parents[1]
KB = (sys.executable, "-c", "from web.cli import main; main(prog_name='kb')")
ACCEPT = (sys.executable, "-c", "from benchmarks.victims import accept_all; accept_all()")
BAD = 97
"""Every so many rows of a workbook one lacks what is required."""
WAITING = 40
"""Candidates that wait for the reviewer who gets killed."""


@dataclass
class Site:
    """A base, its people, and the ledger: numbers of filed reports, accepted articles by candidate, workbooks."""

    folder: Path
    settings: Settings
    kb: KnowledgeBase
    token: str
    rows: int
    reports: list[str] = field(default_factory=list)
    books: dict[str, int] = field(default_factory=dict)

    @property
    def environment(self) -> Mapping[str, str]:
        own = {"KB_HOME": str(self.settings.home), "KB_PORT": str(self.settings.port), "TMPDIR": str(self.scratch)}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
        return kept | own | {"KB_LEDGER": str(self.ledger), "PYTHONFAULTHANDLER": "1"}

    @property
    def scratch(self) -> Path:
        """Where the processes put temporary files."""
        return self.folder / "tmp"

    @property
    def ledger(self) -> Path:
        """Lines of candidate and article, each written after its acceptance was acknowledged."""
        return self.folder / "accepted"

    def actor(self, username: str) -> Actor:
        return self.kb.people.actor(self.kb.people.find(username).id)

    def start(self, *words: str, program: tuple[str, ...] = KB) -> "subprocess.Popen[bytes]":
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [*program, *words],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def log(self) -> str:
        """The last the processes said."""
        return (self.folder / "log").read_text("utf-8", "replace")[-20_000:]

    def accepted(self) -> list[tuple[int, str]]:
        """Candidate and article of every acknowledged acceptance."""
        if not self.ledger.exists():
            return []
        told = (line.split() for line in self.ledger.read_text().splitlines())
        return [(int(candidate), article) for candidate, article in told]

    def imports(self) -> dict[str, tuple[str, int, int]]:
        """State, and how many rows were created and refused, of every import by name."""
        rows = self.kb.imports.list(self.kb.people.local(), limit=1000).rows
        return {one.name: (one.state, one.counts.created, one.counts.refused) for one in rows}

    def generations(self) -> list[Path]:
        """The folders of the index."""
        return [path for path in (self.settings.home / "index").iterdir() if path.is_dir()]

    def book(self) -> Path:
        """A new workbook of ``rows`` reports, in a zip every other time."""
        number = len(self.books)
        path = workbook(self.folder / f"book{number}.xlsx", f"B{number}", self.rows)
        if number % 2:
            path = _packed(path)
        self.books[path.name] = number
        return path


@contextmanager
def site(folder: Path, rows: int) -> Iterator[Site]:
    """A new base in ``folder`` with an expert, a reviewer and an empty index."""
    from web import accounts

    settings = Settings(home=folder / "home", port=processes.free_port())
    upgraded(settings)
    kb = open_base(settings)
    try:
        local = kb.people.local()
        kb.people.add_organisation(local, name="总局", kind="headquarters")
        kb.people.add_organisation(local, name="甲省局", kind="province", parent="总局")
        for username in ("expert", "reviewer"):
            kb.people.add(local, username=username, name=username, organisation="甲省局", roles=[(username, "甲省局")])
        token = accounts.add_token(settings.database_url(), kb.people.find("expert").id, name="kill")
        kb.index.rebuild()
        (folder / "tmp").mkdir()
        yield Site(folder, settings, kb, token, rows)
    finally:
        kb.close()


def workbook(path: Path, prefix: str, rows: int, resolution: str = "重启服务") -> Path:
    """A workbook of reports with the keys ``prefix-1`` on; every `BAD`th has no phenomenon."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("问题")
    sheet.append(["编号", "申请单位", "系统", "问题现象", "解决方案"])
    for row in range(1, rows + 1):
        phenomenon = "" if row % BAD == 0 else f"{prefix} 第 {row} 号：申报表提交后提示超时，错误代码 E{row:05d}"
        sheet.append([f"{prefix}-{row}", "甲省局", "申报系统", phenomenon, f"{resolution}，第 {row} 号"])
    book.save(path)
    return path


def handed_over(kb: KnowledgeBase, actor: Actor, path: Path, kind: str = "report") -> ImportView:
    """An import of the file that waits for a worker."""
    digest, size = pipeline.digest(path)
    view = kb.imports.upload(actor, kind=kind, name=path.name, path=path, digest=digest, size=size)
    return kb.imports.run(actor, view.id, seen_version=view.version)


def good(rows: int) -> int:
    """How many rows of a workbook can be taken."""
    return rows - rows // BAD


def _packed(path: Path) -> Path:
    import zipfile

    packed = path.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, path.name)
    return packed


@dataclass(frozen=True, slots=True)
class Work:
    """What a victim does. What ``sign`` gives changes when it has set to work; ``meanwhile`` goes on beside it until it
    is killed; ``ends`` says that it ends by itself.
    """

    name: str
    begin: Callable[[Site], "subprocess.Popen[bytes]"]
    sign: Callable[[Site], object]
    meanwhile: Callable[[Site], None] = lambda _: time.sleep(0.02)
    ends: bool = True


def _import(here: Site) -> "subprocess.Popen[bytes]":
    return here.start("import", str(here.book()), "--kind", "report")


def _review(here: Site) -> "subprocess.Popen[bytes]":
    expert, kb = here.actor("expert"), here.kb
    for number in range(WAITING - kb.reviews.queue(here.actor("reviewer"), limit=1).total):
        told = ArticleInput(
            kind="faq", title=f"怎样处理第 {number} 种超时", fields={"answer": f"重启第 {number} 号服务。"}
        )
        candidate = kb.candidates.create(expert, told)
        kb.candidates.submit(expert, candidate.id, seen_version=candidate.version)
    return here.start(program=ACCEPT)


def accept_all() -> None:
    """Accept what waits, one after another, and note each acknowledged acceptance; runs in the victim."""
    kb = open_base(Settings())
    reviewer = kb.people.actor(kb.people.find("reviewer").id)
    with Path(os.environ["KB_LEDGER"]).open("a", buffering=1) as ledger:
        for row in kb.reviews.queue(reviewer, limit=WAITING).rows:
            seen = kb.candidates.get(reviewer, row.id).version
            view = kb.reviews.accept(reviewer, row.id, seen_version=seen)
            ledger.write(f"{view.id} {view.article}\n")
    kb.close()


def _drain(here: Site) -> "subprocess.Popen[bytes]":
    """The reports of one workbook changed, so that the index has a full round of work."""
    path = workbook(here.folder / "changed.xlsx", "C", here.rows, resolution=f"第 {time.monotonic_ns()} 版办法")
    view = handed_over(here.kb, here.actor("expert"), path)
    here.kb.imports.claim(view.id)
    pipeline.run(here.kb, view.id)
    return here.start("index", "drain")


def _rebuild(here: Site) -> "subprocess.Popen[bytes]":
    return here.start("index", "rebuild")


def _change(here: Site) -> None:
    """Reports are filed and indexed while the rebuild runs."""
    here.reports.append(here.kb.reports.file(here.actor("expert"), _told(here)).number)
    here.kb.index.drain()


def _serve(here: Site) -> "subprocess.Popen[bytes]":
    return here.start("serve")


def _post(here: Site) -> None:
    """File a report through the API; what is answered is acknowledged."""
    told = _told(here)
    body = json.dumps({"phenomenon": told.phenomenon, "key": told.key, "organisation": "甲省局"}).encode()
    asked = request.Request(
        f"http://127.0.0.1:{here.settings.port}/api/v1/reports",
        body,
        {"Authorization": f"Bearer {here.token}", "Content-Type": "application/json"},
    )
    try:
        with request.urlopen(asked, timeout=30) as answer:
            here.reports.append(json.load(answer)["number"])
    except (error.URLError, OSError, ValueError):
        time.sleep(0.1)


def _told(here: Site) -> ReportInput:
    key = f"R{time.monotonic_ns()}"
    return ReportInput(key=key, organisation="甲省局", phenomenon=f"{key}：凭证打印后内容错位")


WORKS = (
    Work("import", _import, lambda here: here.imports()),
    Work("review", _review, lambda here: len(here.accepted())),
    Work("drain", _drain, lambda here: here.kb.index.is_draining()),
    Work("rebuild", _rebuild, lambda here: sorted(here.generations()), meanwhile=_change),
    Work("serve", _serve, lambda here: len(here.reports), meanwhile=_post, ends=False),
)
