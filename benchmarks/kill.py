"""Kills real processes of a base at random moments and judges what is left: `python -m benchmarks.kill --times 50`.

It measures no speed. After each kill a fresh `kb worker` gets the base back to work; then nothing acknowledged may be
missing, nothing may be half, the index must be true, and what was interrupted must be complete.
"""

import argparse
import math
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from benchmarks import processes, victims
from benchmarks.victims import WORKS, Site, Work

PATIENCE = 180
"""Seconds a fresh worker has to get everything done that was interrupted."""
SERVED = 5.0
"""Seconds a server serves until it is killed at the latest."""
NOTICED = 30
"""Seconds a process may take to notice that the one that started it is gone."""
EARLY = 0.15
"""Share of kills that come before the victim has set to work."""
ALONE = 0.4
"""Share of kills that hit one process of several, the others live on."""

INVARIANTS = {
    "an article has no revision": (
        "SELECT count(*) FROM article a WHERE NOT EXISTS "
        "(SELECT 1 FROM revision r WHERE r.article_id = a.id AND r.number = a.revision_number)"
    ),
    "a revision has no audit line": (
        "SELECT count(*) FROM revision r WHERE NOT EXISTS (SELECT 1 FROM audit l WHERE l.noun = 'article' "
        "AND l.action = 'publish' AND l.subject_id = CAST(r.article_id AS TEXT))"
    ),
    "an accepted candidate has no article": (
        "SELECT count(*) FROM candidate WHERE state = 'accepted' AND article_id IS NULL"
    ),
    "a report has no current version": (
        "SELECT count(*) FROM report r WHERE NOT EXISTS "
        "(SELECT 1 FROM report_version v WHERE v.report_id = r.id AND v.version = r.current)"
    ),
    "a finished import has no audit line": (
        "SELECT count(*) FROM import i WHERE i.state = 'done' AND NOT EXISTS (SELECT 1 FROM audit l "
        "WHERE l.noun = 'import' AND l.action = 'import_done' AND l.subject_id = CAST(i.id AS TEXT))"
    ),
    "a change is parked": "SELECT count(*) FROM outbox WHERE parked",
}


@dataclass(frozen=True, slots=True)
class Killed:
    """One kill: of which work, how many seconds in, which processes, how long until all was done, what is wrong."""

    work: str
    at: float
    hit: str
    back: float
    problems: tuple[str, ...]


def kills(here: Site, times: int, dice: random.Random, spans: Mapping[str, float]) -> Iterator[Killed]:
    """Kill ``times`` processes, works in turn; one that ended before its moment came counts as none.

    ``spans`` are the seconds within which each work is killed, once it has set to work.
    """
    done = 0
    for work in cycle(WORKS):
        if done == times:
            return
        sign, begun, process = work.sign(here), time.monotonic(), work.begin(here)
        if dice.random() > EARLY:
            _until_at_work(here, work, process, sign)
        _until(here, work, process, time.monotonic() + dice.uniform(0, spans[work.name]))
        at, family = time.monotonic() - begun, processes.family(process.pid)
        if hit := _kill(process, family, dice):
            done += 1
            _let_go_on(here, work, process)
            back = _bring_back(here)
            yield Killed(work.name, at, hit, back, (*judge(here), *_survivors(family)))


def spans(here: Site) -> dict[str, float]:
    """How many seconds each work takes."""
    return {work.name: _span(here, work) for work in WORKS}


def _span(here: Site, work: Work) -> float:
    """Seconds between the moment it has set to work and its end, when nobody kills it."""
    sign, process = work.sign(here), work.begin(here)
    _until_at_work(here, work, process, sign)
    begun = time.monotonic()
    if work.ends:
        _until(here, work, process, math.inf)
    else:
        process.terminate()
    if process.wait():
        raise RuntimeError(f"{work.name} ended with {process.returncode}:\n{here.log()}")
    return time.monotonic() - begun if work.ends else SERVED


def _until_at_work(here: Site, work: Work, process: "subprocess.Popen[bytes]", sign: object) -> None:
    until = time.monotonic() + PATIENCE
    while process.poll() is None and work.sign(here) == sign and time.monotonic() < until:
        work.meanwhile(here)


def _until(here: Site, work: Work, process: "subprocess.Popen[bytes]", moment: float) -> None:
    while process.poll() is None and time.monotonic() < moment:
        work.meanwhile(here)


def _kill(process: "subprocess.Popen[bytes]", family: Sequence[int], dice: random.Random) -> str:
    """Kill the process with all it started, or one of them; says which, "" when it had ended before."""
    if process.poll() is not None:
        return ""
    alone = len(family) > 1 and dice.random() < ALONE
    hit = [dice.choice(family)] if alone else family
    for pid in hit:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if process.pid in hit:
        process.wait()
    return f"{'parent' if hit[0] == process.pid else 'child'} of {len(family)}" if alone else f"all {len(family)}"


def _let_go_on(here: Site, work: Work, process: "subprocess.Popen[bytes]") -> None:
    """What survived the kill of one process goes on, and ends by itself or when asked to."""
    if process.poll() is not None:
        return
    if not work.ends:
        _until_at_work(here, work, process, work.sign(here))
        process.terminate()
    _end(here, process)


def _bring_back(here: Site) -> float:
    """Let a fresh worker run until nothing waits; how many seconds that took."""
    begun, worker = time.monotonic(), here.start("worker")
    while not _is_settled(here) and time.monotonic() - begun < PATIENCE:
        time.sleep(0.1)
    back = time.monotonic() - begun
    worker.terminate()
    _end(here, worker)
    return back


def _end(here: Site, process: "subprocess.Popen[bytes]") -> None:
    """Wait for its end. Raises RuntimeError when it does not come, with what each of its threads was at."""
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired as error:
        process.send_signal(signal.SIGABRT)
        process.wait()
        raise RuntimeError(f"process {process.pid} does not end:\n{here.log()}") from error


def _is_settled(here: Site) -> bool:
    status = here.kb.index.status()
    busy = any(state == "running" for state, _, _ in here.imports().values())
    return status.state == "ready" and not status.waiting and not busy


def judge(here: Site) -> list[str]:
    """What is wrong with the base, as sentences; none when all is well."""
    return [*_untrue(here), *_half(here), *_lost(here), *_wrong_counts(here), *_left_over(here)]


def _untrue(here: Site) -> Iterator[str]:
    found = here.kb.index.check()
    if not found.clean or found.counts["waiting"]:
        yield f"index: {len(found.missing)} missing, {len(found.surplus)} surplus, {len(found.stale)} stale"


def _half(here: Site) -> Iterator[str]:
    connection = sqlite3.connect(here.settings.home / "kb.sqlite")
    try:
        if (told := connection.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
            yield f"database: {told}"
        if connection.execute("PRAGMA foreign_key_check").fetchone():
            yield "database: a reference leads nowhere"
        yield from (name for name, query in INVARIANTS.items() if connection.execute(query).fetchone()[0])
    finally:
        connection.close()


def _lost(here: Site) -> Iterator[str]:
    """Acknowledged writes that are gone."""
    connection = sqlite3.connect(here.settings.home / "kb.sqlite")
    try:
        reports = {f"BG{one:06d}" for (one,) in connection.execute("SELECT id FROM report")}
        accepted = set(connection.execute("SELECT id, article_id FROM candidate WHERE state = 'accepted'"))
    finally:
        connection.close()
    yield from (f"{number} is gone" for number in here.reports if number not in reports)
    for candidate, article in here.accepted():
        if (candidate, int(article.removeprefix("KB"))) not in accepted:
            yield f"the acceptance of {candidate} is gone"


def _wrong_counts(here: Site) -> Iterator[str]:
    """Workbooks that are not in the base exactly once; one the base never heard of must have left nothing."""
    fine, known = victims.good(here.rows), here.imports()
    whole = (fine, here.rows - fine, fine)
    connection = sqlite3.connect(here.settings.home / "kb.sqlite")
    try:
        for name, number in here.books.items():
            state, created, refused = known.get(name, ("unknown", 0, 0))
            taken = connection.execute("SELECT count(*) FROM report WHERE key LIKE ?", (f"B{number}-%",)).fetchone()[0]
            due = whole if state == "done" else (0, 0, 0)
            if (created, refused, taken) != due or state not in ("done", "uploaded", "unknown"):
                yield f"{name} is {state} with {(created, refused, taken)}, not {due}"
    finally:
        connection.close()


def _left_over(here: Site) -> Iterator[str]:
    """Files nobody will use again."""
    scratch = [*here.scratch.iterdir(), *(here.settings.home / "imports").glob("scratch-*")]
    if scratch:
        yield f"{len(scratch)} temporary files, such as {scratch[0]}"
    generations = here.generations()
    if len(generations) > 2 + 1:  # the live one, the one before, and one that was not finished
        yield f"{len(generations)} generations of the index"
    if unwanted := [
        path.name for path in generations for path in path.iterdir() if len(list(path.parent.iterdir())) > 200
    ]:
        yield f"{len(unwanted)} files in a generation of the index"


def _survivors(family: Sequence[int]) -> Iterator[str]:
    """Processes that outlive for long the one that started them."""
    until = time.monotonic() + NOTICED
    while (left := [pid for pid in family if is_running(pid)]) and time.monotonic() < until:
        time.sleep(0.2)
    yield from (f"process {pid} still runs" for pid in left)


def is_running(pid: int) -> bool:
    """Whether there is such a process, one that ended and was not waited for left aside."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False


def table(found: Sequence[Killed]) -> str:
    """The kills as a table in Markdown."""
    lines = ["| # | work | killed | after s | back in s | verdict |", "| ---: | --- | --- | ---: | ---: | --- |"]
    for number, one in enumerate(found, 1):
        verdict = "; ".join(one.problems) or "fine"
        lines.append(f"| {number} | {one.work} | {one.hit} | {one.at:.1f} | {one.back:.1f} | {verdict} |")
    return "\n".join(lines)


def main(words: Sequence[str] | None = None) -> int:
    """The number of kills after which something was wrong, at most 1."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill", description=__doc__.partition("\n")[0])
    parser.add_argument("--times", type=int, default=50, help="how many kills")
    parser.add_argument("--rows", type=int, default=2000, help="rows of an imported workbook")
    parser.add_argument("--seed", type=int, default=None, help="of the random moments")
    told = parser.parse_args(words)
    seed = told.seed if told.seed is not None else random.SystemRandom().randrange(10**6)
    with tempfile.TemporaryDirectory(prefix="kb-kill-") as folder, victims.site(Path(folder), told.rows) as here:
        found: list[Killed] = []
        for one in kills(here, told.times, random.Random(seed), spans(here)):
            found.append(one)
            print(f"{len(found)}/{told.times} {one.work}: {'; '.join(one.problems) or 'fine'}", file=sys.stderr)
        wrong = sum(1 for one in found if one.problems)
        if wrong:
            print(here.log(), file=sys.stderr)
    print(table(found))
    print(f"\n{len(found)} kills, {wrong} with something wrong (seed {seed}).")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
