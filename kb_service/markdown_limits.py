"""Tells from the text alone whether Markdown would take too long to lay out; it renders nothing.

Python-Markdown takes time with the square of the marks in one stretch of inline text, and recurses once a level.
"""

import re
from collections.abc import Iterator

LONGEST = 200_000
"""Characters of Markdown an article may have in all."""
DEEPEST = 24
"""Levels of nested lists and quotations."""
DENSEST = 400
"""Marks one stretch of inline text may have."""
LABORIOUS = 3_000_000
"""The sum of the squares of the marks of all stretches, about a second of work."""
FENCES = 800

MARKS = re.compile(r"(?m)[\[\]()*_`<&~!\\]|https?:|^#|^[-=]+\s*$")
NESTING = re.compile(r"^(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)])[ \t]*)+")
FENCE = re.compile(r"^([ \t]*)(```+|~~~+)[ \t]*[\w#.+-]*[ \t]*$")
ITEM = re.compile(r"^ {0,3}(?:[-*+]|\d{1,9}[.)])[ \t]")


def is_too_much(markdown: str) -> bool:
    """Whether the text is too long, too dense or too deep to be laid out in reasonable time."""
    return len(markdown) > LONGEST or _is_too_deep(markdown) or _is_too_dense(markdown)


def _is_too_deep(markdown: str) -> bool:
    return any(_depth(line) > DEEPEST for line in markdown.splitlines())


def _depth(line: str) -> int:
    markers = NESTING.match(line[:DENSEST])
    if markers is None:
        return 0
    indent = (len(line) - len(line.lstrip(" \t"))) // 2
    return indent + markers[0].count(">") + len(markers[0].replace(">", " ").split())


def _is_too_dense(markdown: str) -> bool:
    if sum(line.lstrip(" \t").startswith(("```", "~~~")) for line in markdown.splitlines()) > FENCES:
        return True
    marks = [len(MARKS.findall(stretch)) for block in _blocks(markdown) for stretch in _stretches(block)]
    return max(marks, default=0) > DENSEST or sum(one * one for one in marks) > LABORIOUS


def _blocks(markdown: str) -> Iterator[list[str]]:
    """The lines of each paragraph, table or list: what blank lines part, without fenced code."""
    block: list[str] = []
    for line in _unfenced(markdown.splitlines()):
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _unfenced(lines: list[str]) -> Iterator[str]:
    """The lines with each closed fence as a blank one: code is not searched for marks."""
    at = 0
    ends = _ends(lines)
    while at < len(lines):
        fence = FENCE.match(lines[at])
        end = _first(ends.get(fence[1] + fence[2], ()), at) if fence else None
        yield lines[at] if end is None else ""
        at = at + 1 if end is None else end + 1


def _ends(lines: list[str]) -> dict[str, list[int]]:
    """Where each bare fence stands, by its indent and marks."""
    found: dict[str, list[int]] = {}
    for at, line in enumerate(lines):
        if FENCE.match(line) and line.rstrip(" \t").endswith(("```", "~~~")):
            found.setdefault(line.rstrip(" \t"), []).append(at)
    return found


def _first(places: list[int] | tuple[int, ...], after: int) -> int | None:
    return next((place for place in places if place > after), None)


def _stretches(block: list[str]) -> list[str]:
    """What is searched for marks as a whole: a row of a table, an item of a list, else all of it."""
    if _is_table(block):
        return block
    if not ITEM.match(block[0]):
        return ["\n".join(block)]
    items: list[list[str]] = []
    for line in block:
        if ITEM.match(line):
            items.append([])
        items[-1].append(line)
    return list(map("\n".join, items))


def _is_table(block: list[str]) -> bool:
    """Whether Python-Markdown certainly takes it for a table; a doubtful one counts as a paragraph."""
    head, ruler = (line.strip(" ") for line in (*block, "", "")[:2])
    is_framed = all(len(line) > 2 and line[0] == line[-1] == "|" for line in (head, ruler))
    return (
        is_framed and set(ruler) <= set("|:- ") and head.count("|") == ruler.count("|") and not set(head) & {"`", "\\"}
    )
