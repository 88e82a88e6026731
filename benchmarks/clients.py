"""Clients of a running service in a process of their own: ``python -m benchmarks.clients PORT PATH COUNT PAUSE``.

``PATH`` has ``{}`` where the question goes, ``COUNT`` is the number of searches of all clients together and ``PAUSE``
the seconds each waits after an answer. Prints a JSON list of milliseconds and the seconds from first to last.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.parse import quote

from benchmarks import corpus
from benchmarks.common import data

CLIENTS = 4


def main(port: int, path: str, count: int, pause: float) -> None:
    questions = corpus.beginnings(data()) if "suggest" in path else corpus.questions(data())
    begun = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        asked = [
            pool.submit(_asked, port, path, questions[at::CLIENTS], count // CLIENTS, pause) for at in range(CLIENTS)
        ]
    taken = [milliseconds for one in asked for milliseconds in one.result()]
    print(json.dumps({"taken": taken, "seconds": time.perf_counter() - begun}))


def _asked(port: int, path: str, questions: list[str], count: int, pause: float) -> list[float]:
    """Milliseconds of each search. Raises RuntimeError for any answer but 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"HX-Request": "true"} if path.startswith("/search") else {}
    taken = []
    for number in range(count):
        begun = time.perf_counter()
        connection.request("GET", path.format(quote(questions[number % len(questions)])), headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} for {path}")
        taken.append((time.perf_counter() - begun) * 1000)
        time.sleep(pause)
    return taken


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
