"""The ground of every fault: real processes on a base, people who write and search all the time, a judge at the end."""

import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import select

from benchmarks.processes import free_port
from kb_service.bootstrap import KnowledgeBase, open_base
from kb_service.config import Settings
from kb_service.domain.report import Report
from kb_service.errors import KBError
from tests.base import actor, populate
from tests.kb_service.making import published, solution
from tests.profiles import Profile
from web.accounts import add_token
from web.cli.db import upgraded

ROOT = Path(__file__).resolve().parents[2]
KB = (sys.executable, "-c", "from web.cli import main; main(prog_name='kb')")
TIMES = int(os.environ.get("KB_TEST_FAULTS", "1"))
"""How often a script does its deed."""
PATIENCE = 120
"""Seconds a loaded machine may take for anything that is not promised."""
RECOVERY = 60.0
"""Seconds within which the index is true again once the fault is over."""
HANGING = 20.0
"""Seconds after which a request counts as never answered."""
THINKING, READING = 0.2, 0.6
"""Seconds from one report to the next, and from one search to the next: without them a small machine does nothing but
answer.
"""
REFUSALS = {0, 503}
"""What a request may get beside success while a fault lasts; 0 is a connection that was refused or cut."""
REPORT = {"organisation": "甲一一县局", "system": "开票软件"}
REPORT_IDS = select(Report.id)
SECONDS = 10.0
"""Time of one search: more than by default, since here is not measured how fast a machine is."""
AT_WORK = "后台任务已开始"
"""What `kb worker` says when it is ready."""
SECRET = "龘靐齉暗号"
"""Words of a text visitors must never see."""


@dataclass
class Ledger:
    """What the service said to those who used it during a fault."""

    reports: list[str] = field(default_factory=list)
    """Numbers of reports whose filing was acknowledged."""
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    """How often each door gave each status; 0 is no answer at all."""
    slowest: dict[str, float] = field(default_factory=dict)
    """Seconds of the slowest answer of each door."""
    said: dict[tuple[str, int], str] = field(default_factory=dict)
    """The last words of each door with each refusal."""
    problems: list[str] = field(default_factory=list)

    def took(self, door: str, status: int, seconds: float) -> None:
        self.statuses[door, status] += 1
        self.slowest[door] = max(seconds, self.slowest.get(door, 0.0))

    def count(self, door: str, status: int) -> int:
        return self.statuses[door, status]


class Ground:
    """A base in ``settings.home`` with people, one public and one secret article, and the processes that serve it."""

    def __init__(self, settings: Settings, kb: KnowledgeBase, token: str, article: str) -> None:
        self.settings, self.kb, self.article = settings, kb, article
        self.ledger = Ledger()
        self.processes: list[subprocess.Popen[bytes]] = []
        self._token = token
        self._written = 0

    @property
    def environment(self) -> dict[str, str]:
        """The settings of the base as the processes are given them."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
        told = self.settings.model_dump(include=set(self.settings.model_fields_set))
        return kept | {f"KB_{name.upper()}": str(value) for name, value in told.items()} | {"PYTHONUNBUFFERED": "1"}

    def start(self, *words: str, before: Sequence[str] = (), **settings: str) -> "subprocess.Popen[bytes]":
        """`kb` with these words, as a process of its own that ends with the ground; ``before`` is a command that
        becomes it.
        """
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [*before, *KB, *words],
                cwd=ROOT,
                env=self.environment | settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def serve(self, **settings: str) -> "subprocess.Popen[bytes]":
        """`kb serve` without background work; returns when it answers."""
        process = self.start("serve", **{"KB_BACKGROUND": "false", **settings})
        self.until(lambda: self.ask("/healthz")[0] == 200, "kb serve answers")
        return process

    def work(self, *, before: Sequence[str] = (), **settings: str) -> "subprocess.Popen[bytes]":
        """`kb worker`; returns when it is at work."""
        others = self._everything().count(AT_WORK)
        process = self.start("worker", before=before, **settings)
        self.until(lambda: self._everything().count(AT_WORK) > others, "kb worker works")
        return process

    def log(self) -> str:
        """The last the processes said."""
        return self._everything()[-20_000:]

    def _everything(self) -> str:
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    def ask(self, path: str, body: object = None, *, token: bool = False, media: str = "") -> tuple[int, str]:
        """Status and text of an answer; 0 where there is none. A body of another ``media`` type than JSON is bytes."""
        connection = http.client.HTTPConnection(self.settings.host, self.settings.port, timeout=HANGING)
        headers = {"Content-Type": media or "application/json"}
        headers |= {"Authorization": f"Bearer {self._token}"} if token else {}
        sent = body if media or body is None else json.dumps(body)
        try:
            connection.request("GET" if body is None else "POST", path, sent, headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    @contextmanager
    def in_use(self, readers: int = 2) -> Iterator[Ledger]:
        """People write and search while the block runs, and are told so in the ledger."""
        over = threading.Event()
        people = [(self._write, THINKING), *[(self._read, READING)] * readers]
        threads = [threading.Thread(target=_again_and_again, args=(*one, over), daemon=True) for one in people]
        for thread in threads:
            thread.start()
        try:
            yield self.ledger
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def until(self, true: Callable[[], object], what: str, seconds: float = PATIENCE) -> float:
        """Wait until something is true; how many seconds it took. Raises AssertionError with what was said."""
        begun = time.monotonic()
        while not true():
            assert time.monotonic() - begun < seconds, f"not within {seconds} s: {what}\n{self.log()}"
            time.sleep(0.1)
        return time.monotonic() - begun

    def written(self, more: int) -> None:
        """Wait until so many further reports were acknowledged."""
        enough = len(self.ledger.reports) + more
        self.until(lambda: len(self.ledger.reports) >= enough, f"{more} reports are filed")

    def refused(self, sentence: str) -> None:
        """Wait until nothing can be filed any more, and what is said of it is this."""
        told = {"phenomenon": "存不下的报告", "resolution": "腾出空间", **REPORT}
        answers: list[tuple[int, str]] = []

        def is_refused() -> bool:
            answers.append(self.ask("/api/v1/reports", told, token=True))
            return answers[-1][0] == 503

        self.until(is_refused, f"refused: {sentence}")
        assert sentence in answers[-1][1], answers[-1]

    @property
    def indexed(self) -> int:
        """Acknowledged reports whose change does not wait any more."""
        return len(self.ledger.reports) - self.kb.index.waiting()

    def caught_up(self, seconds: float = PATIENCE) -> float:
        """Wait until what is acknowledged by now is in the index, though more comes in; how many seconds it took."""
        known = len(self.ledger.reports)
        return self.until(lambda: self.indexed >= known, "changes are taken in", seconds)

    def recovered(self) -> float:
        """Wait until the index is true and everybody is answered; how many seconds that took."""
        return self.until(self._is_well, "index true, search answers", RECOVERY)

    def verdict(self) -> list[str]:
        """What is wrong with the base now, and what was wrong with the answers; nothing when all is well."""
        with self.kb.database.read() as session:
            kept = {f"BG{one:06d}" for (one,) in session.execute(REPORT_IDS)}
        lost = [f"{number} was acknowledged and is gone" for number in self.ledger.reports if number not in kept]
        check = self.kb.index.check()
        untrue = [] if check.clean else [f"index: {check.missing[:3]} {check.surplus[:3]} {check.stale[:3]}"]
        parked = [f"{self.kb.index.status().parked} changes are parked"] if self.kb.index.status().parked else []
        return [*lost, *untrue, *parked, *self.ledger.problems]

    def close(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
            process.kill()
            process.wait()

    def _write(self) -> None:
        self._written += 1
        told = {"phenomenon": f"窗口第 {self._written} 次打不出完税证明", "resolution": "重装打印机驱动", **REPORT}
        status, text = self._timed("file", "/api/v1/reports", told, token=True)
        if status == 201:
            self.ledger.reports.append(json.loads(text)["number"])
        else:
            time.sleep(0.1)

    def _read(self) -> None:
        status, text = self._timed("search", f"/search?q={quote('证书过期')}")
        if status == 200 and self.article not in text:
            self.ledger.problems.append("a search that answered did not find the article")
        status, text = self._timed("secret", f"/search?q={quote(SECRET)}")
        if status == 200 and re.search(r'href="/(articles/KB|reports/BG)', text):
            self.ledger.problems.append("a visitor was shown what is secret")
        self._timed("article", f"/articles/{self.article}")

    def _timed(self, door: str, path: str, body: object = None, *, token: bool = False) -> tuple[int, str]:
        begun = time.monotonic()
        status, text = self.ask(path, body, token=token)
        self.ledger.took(door, status, time.monotonic() - begun)
        if status not in (200, 201):
            self.ledger.said[door, status] = re.sub(r"\s+", " ", re.sub("<[^>]*>", "", text))[-600:]
        if status not in (200, 201, *REFUSALS):
            self.ledger.problems.append(f"{door} answered {status}: {text[:300]}")
        return status, text

    def _is_well(self) -> bool:
        try:
            status = self.kb.index.status()
            true = status.state == "ready" and not status.waiting and self.kb.index.check().clean
        except KBError:
            return False
        return true and self.ask(f"/search?q={quote('证书过期')}")[0] == 200

    @property
    def _log(self) -> Path:
        return self.settings.home.with_name("log")


@contextmanager
def ground(place: Profile, home: Path) -> Iterator[Ground]:
    """A new base with its people, in ``home`` and at these addresses."""
    addresses = {"database": place.database, "index": place.index, "index_seconds": SECONDS}
    settings = Settings(home=home, port=free_port(), **addresses)
    settings.home.mkdir(parents=True, exist_ok=True)
    upgraded(settings)
    kb = open_base(settings)
    try:
        populate(kb)
        kb.index.rebuild()
        article = published(kb, solution("证书过期怎么办", audience="public"))
        published(
            kb, solution(f"{SECRET}的用法", audience="internal", fields={"symptom": SECRET, "resolution": SECRET})
        )
        token = add_token(settings.database_url(), actor(kb, "expert").person_id, name="fault", days=1)
        here = Ground(settings, kb, token, article)
        try:
            yield here
        finally:
            here.close()
    finally:
        kb.close()


def _again_and_again(do: Callable[[], None], pause: float, over: threading.Event) -> None:
    while not over.wait(pause):
        do()
