"""``python -m benchmarks [GROUP ...] [--home DIR]``: measures all groups, or these, and prints the table.

The large base is built in a folder that disappears, or kept in DIR for the next run.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import busy, importing, indexing, latency, nearness, serving, suggesting
from benchmarks.common import Figure, folder, large_base, table

Group = Callable[[Path], list[Figure]]


def _latency(place: Path) -> list[Figure]:
    with large_base(place / "base") as kb:
        return latency.measure(kb)


def _indexing(place: Path) -> list[Figure]:
    with large_base(place / "base") as kb:
        return [*indexing.rebuilding(kb), *indexing.draining(kb), *indexing.freshness(kb)]


def _closed(measure: Group) -> Group:
    """Measures a base that only the processes it starts have open."""

    def group(place: Path) -> list[Figure]:
        with large_base(place / "base"):
            pass
        return measure(place / "base")

    return group


def _suggesting(place: Path) -> list[Figure]:
    with large_base(place / "base") as kb:
        figures = suggesting.repairing(kb)
    return [*suggesting.measure(place / "base"), *figures]


def _nearness(place: Path) -> list[Figure]:
    with large_base(place / "base") as kb:
        return nearness.measure(kb)


def _importing(place: Path) -> list[Figure]:
    with tempfile.TemporaryDirectory(dir=place) as name:
        return importing.measure(Path(name))


GROUPS: Mapping[str, Group] = {
    "latency": _latency,
    "serving": _closed(serving.measure),
    "busy": _closed(busy.measure),
    "suggesting": _suggesting,
    "nearness": _nearness,
    "indexing": _indexing,
    "importing": _importing,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}; all without")
    parser.add_argument("--home", type=Path, help="folder to keep the large base in")
    told = parser.parse_args()
    if unknown := set(told.groups) - GROUPS.keys():
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    figures: list[Figure] = []
    with folder(told.home) as place:
        for name in told.groups or GROUPS:
            print(f"measuring {name} …", file=sys.stderr, flush=True)
            figures += GROUPS[name](place)
    print(table(figures))


if __name__ == "__main__":
    main()
