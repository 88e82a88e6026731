"""What can be told of Markdown before it is laid out: which lines are code, and whether all of it is too much.

Python-Markdown takes time with the square of the marks in one stretch of inline text, and recurses once a level.
"""

import re
from collections import defaultdict
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
FENCE = re.compile(r"^([ \t]*)(```+|~~~+)[ \t]*([\w#.+-]*)[ \t]*$")
ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
NEAR = 4
"""Spaces before an item from which on it may be no item but part of the text before it."""


def lines(markdown: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to fenced code: the fences themselves do, an unclosed one does not."""
    told = markdown.split("\n")
    closing = _closing_fences(told)
    end = -1
    for at, line in enumerate(told):
        if at > end and (fence := FENCE.match(line)):
            end = next((one for one in closing[fence[1] + fence[2]] if one > at), -1)
        yield line, at <= end


def is_item(line: str) -> bool:
    """Whether the line begins an item of a list."""
    return ITEM.match(line) is not None


def is_too_much(markdown: str) -> bool:
    """Whether the text is too long, too dense or too deep to be laid out in reasonable time."""
    return len(markdown) > LONGEST or _is_too_deep(markdown) or _is_too_dense(markdown)


def _closing_fences(told: list[str]) -> defaultdict[str, list[int]]:
    """Where fences stand that may close one, by their indent and marks."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for at, line in enumerate(told):
        if (fence := FENCE.match(line)) and not fence[3]:
            found[fence[1] + fence[2]].append(at)
    return found


def _is_too_deep(markdown: str) -> bool:
    return any(_depth(line) > DEEPEST for line in markdown.split("\n"))


def _depth(line: str) -> int:
    markers = NESTING.match(line[:DENSEST])
    if markers is None:
        return 0
    indent = (len(line) - len(line.lstrip(" \t"))) // 2
    return indent + markers[0].count(">") + len(markers[0].replace(">", " ").split())


def _is_too_dense(markdown: str) -> bool:
    if sum(line.lstrip(" \t>").startswith(("```", "~~~")) for line in markdown.split("\n")) > FENCES:
        return True
    marks = [len(MARKS.findall(stretch)) for block in _blocks(markdown) for stretch in _stretches(block)]
    return max(marks, default=0) > DENSEST or sum(one * one for one in marks) > LABORIOUS


def _blocks(markdown: str) -> Iterator[list[str]]:
    """The lines of each paragraph, table or list: what blank lines and code part."""
    block: list[str] = []
    for line, is_code in lines(markdown):
        if line.strip() and not is_code:
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _stretches(block: list[str]) -> list[str]:
    """What is searched for marks as a whole: a row of a table, an item of a list, else all of it."""
    if _is_table(block):
        return block
    if not _is_near_item(block[0]):
        return ["\n".join(block)]
    items: list[list[str]] = []
    for line in block:
        if _is_near_item(line):
            items.append([])
        items[-1].append(line)
    return list(map("\n".join, items))


def _is_near_item(line: str) -> bool:
    return is_item(line) and len(line) - len(line.lstrip(" ")) < NEAR


def _is_table(block: list[str]) -> bool:
    """Whether Python-Markdown certainly takes it for a table; a doubtful one counts as a paragraph."""
    head, ruler = (line.strip(" ") for line in (*block, "", "")[:2])
    is_framed = all(len(line) > 2 and line[0] == line[-1] == "|" for line in (head, ruler))
    fits = head.count("|") == ruler.count("|") and not {"`", "\\"} & set(head)
    return is_framed and fits and set(ruler) <= set("|:- ")
