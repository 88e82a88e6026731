"""A search by this code and by that of another checkout, in turn on one base: ``python -m benchmarks.paired CHECKOUT``.

Prints medians, and the median of the ratios, which holds on a machine whose speed changes from minute to minute. Both
must read the same base and index; KB_INDEX names another index than that of the base, one that was built before.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from benchmarks import processes
from benchmarks.clients import TYPED
from benchmarks.common import ENGINE, data, folder, large_base

ROUNDS = 40
LENGTHS = {"questions": 1_000, "typed": TYPED}
"""Characters of what is asked."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paired")
    parser.add_argument("checkout", type=Path, help="folder of the other code")
    parser.add_argument("--python", default=sys.executable, help="interpreter of the other code")
    parser.add_argument("--home", type=Path, help="folder to keep the large base in")
    told = parser.parse_args()
    codes = [(told.python, told.checkout.resolve()), (sys.executable, processes.ROOT)]
    with folder(told.home) as place:
        with large_base(place / "base"):
            pass
        print("| one search, on the processor | other | this | ratio |\n| --- | ---: | ---: | ---: |")
        for name, length in LENGTHS.items():
            other, this = _taken(codes, place / "base", length)
            ratio = median(ours / theirs for theirs, ours in zip(other, this, strict=True))
            print(f"| {name} | {median(other):.1f} ms | {median(this):.1f} ms | {ratio:.2f} x |", flush=True)


def _taken(codes: Sequence[tuple[str, Path]], home: Path, length: int) -> list[list[float]]:
    """Milliseconds a search took by each interpreter with its checkout, round by round; each is the first every other
    time.
    """
    taken: list[list[float]] = [[] for _ in codes]
    with ExitStack() as stack:
        asking = [stack.enter_context(_asking(python, checkout, home, length)) for python, checkout in codes]
        places = list(range(len(codes)))
        for turn in range(ROUNDS):
            for at in places if turn % 2 else reversed(places):
                taken[at].append(_answer(asking[at]))
    return taken


def _asking(python: str, checkout: Path, home: Path, length: int) -> "subprocess.Popen[str]":
    """`slices` with the packages of the checkout; leaving its block ends it."""
    told = {"KB_INDEX": ENGINE, **os.environ, "PYTHONPATH": str(checkout), "KB_TEST_DATA": str(data())}
    command = [python, str(Path(__file__).with_name("slices.py")), str(home), str(length)]
    return subprocess.Popen(command, env=told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _answer(process: "subprocess.Popen[str]") -> float:
    """Raises BrokenPipeError or ValueError when the process has ended."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    return float(process.stdout.readline())


if __name__ == "__main__":
    main()
