"""Clients of a running service in a process of their own: ``python -m benchmarks.clients PORT PATH COUNT``.

Prints JSON: the milliseconds of each request, and the seconds from first to last.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks import corpus, processes
from benchmarks.common import data

CLIENTS = 4
TYPED = 10
"""Characters of a question as people type it into a search box."""
WORDS: Mapping[str, Callable[[Path], list[str]]] = {
    "questions": corpus.questions,
    "typed": lambda data: [words[:TYPED] for words in corpus.questions(data)],
    "beginnings": corpus.beginnings,
}
"""What is asked: whole sentences, as much of them as people type, or what a title begins with so far."""


def asked(
    port: int, path: str, count: int, *, pause: float = 0, clients: int = CLIENTS, words: str = "questions"
) -> Any:
    """``taken`` and ``seconds`` of so many requests, by clients in a process beside this one."""
    options = ["--pause", str(pause), "--clients", str(clients), "--words", words]
    command = [sys.executable, "-m", "benchmarks.clients", str(port), path, str(count), *options]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=processes.ROOT).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clients")
    parser.add_argument("port", type=int)
    parser.add_argument("path", help="of the page, with {} where the words go")
    parser.add_argument("count", type=int, help="requests of all clients together")
    parser.add_argument("--pause", type=float, default=0, help="seconds each client waits after an answer")
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--words", choices=WORDS, default="questions")
    told = parser.parse_args()
    words = WORDS[told.words](data())
    begun = time.perf_counter()
    with ThreadPoolExecutor(told.clients) as pool:
        every = [words[at :: told.clients] for at in range(told.clients)]
        each = told.count // told.clients
        running = [pool.submit(_asked, told.port, told.path, own, each, told.pause) for own in every]
    taken = [milliseconds for one in running for milliseconds in one.result()]
    print(json.dumps({"taken": taken, "seconds": time.perf_counter() - begun}))


def _asked(port: int, path: str, words: list[str], count: int, pause: float) -> list[float]:
    """Milliseconds of each request. Raises RuntimeError for any answer but 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"HX-Request": "true"} if path.startswith("/search") else {}
    taken = []
    for number in range(count):
        begun = time.perf_counter()
        connection.request("GET", path.format(quote(words[number % len(words)])), headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} for {path}")
        taken.append((time.perf_counter() - begun) * 1000)
        time.sleep(pause)
    return taken


if __name__ == "__main__":
    main()
