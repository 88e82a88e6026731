"""Cuts the excerpt that shows best why a text was found, with the found terms marked; plain values and safe HTML."""

import re
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from indexer.analysis.analyzer import Analyzer, Span
from indexer.analysis.normalise import normalise

LENGTH = 160  # characters of a snippet
_WINDOW = 600  # characters looked at closely
_LOOKED_THROUGH = 400_000  # characters among which the window is chosen
_LEAD = 30  # characters before the first mark within which a sentence may begin
_SENTENCE_END = re.compile(r"[。！？；\n]\s*")
_SURROGATE = re.compile("[\ud800-\udfff]")

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Snippet:
    """An excerpt that begins at ``start`` of the original; ``marks`` are half-open ranges of ``text``, in order.

    ``text`` is the original's own, character by character, but for lone surrogates, which nothing can print.
    """

    text: str
    marks: tuple[Range, ...] = ()
    start: int = 0
    cut_before: bool = False
    cut_after: bool = False


def snippet(text: str, terms: Collection[str], analyzer: Analyzer, length: int = LENGTH) -> Snippet:
    """The excerpt of at most ``length`` characters with the most of ``terms``; the beginning where there is none.

    ``terms`` are those of ``Question.shown``. Time is bounded: a longer text than _LOOKED_THROUGH is read to there.
    """
    begin = _best_window(text, terms)
    spans = _found(text[begin : begin + _WINDOW], terms, analyzer)
    if not spans:
        return _excerpt(text, [], 0, length)
    first = begin + _densest(spans, length - _LEAD).start
    ranges = [(begin + span.start, begin + span.end) for span in spans]
    return _excerpt(text, ranges, _sentence_start(text, first), length)


def mark(text: str, terms: Collection[str], analyzer: Analyzer) -> Snippet:
    """A whole short text, such as a title, with ``terms`` marked; at most _WINDOW characters."""
    spans = _found(text[:_WINDOW], terms, analyzer)
    return _excerpt(text, [(span.start, span.end) for span in spans], 0, _WINDOW)


def to_html(snippet: Snippet) -> str:
    """The snippet as HTML: everything escaped, ``<mark>`` the only element."""
    written = ["…"] if snippet.cut_before else []
    at = 0
    for start, end in snippet.marks:
        written += [escape(snippet.text[at:start]), "<mark>", escape(snippet.text[start:end]), "</mark>"]
        at = end
    written += [escape(snippet.text[at:]), "…" if snippet.cut_after else ""]
    return "".join(written)


def _found(text: str, terms: Collection[str], analyzer: Analyzer) -> list[Span]:
    """A single character says too little beside longer terms: it would be marked inside other words."""
    longer = frozenset(term for term in terms if len(term) > 1)
    return analyzer.spans(text, longer or frozenset(terms))


def _best_window(text: str, terms: Collection[str]) -> int:
    """Where the window with the most different terms begins; they overlap, so that none cuts an excerpt in two."""
    if len(text) <= _WINDOW:
        return 0
    starts = range(0, min(len(text), _LOOKED_THROUGH), _WINDOW - LENGTH)
    return max(starts, key=lambda start: _told(normalise(text[start : start + _WINDOW]), terms))


def _told(normal: str, terms: Collection[str]) -> int:
    return sum(term in normal for term in terms)


def _densest(spans: Sequence[Span], length: int) -> Span:
    """The span from which on ``length`` characters hold the most different terms, the first of equals."""
    inside: deque[Span] = deque()
    counts: Counter[str] = Counter()
    best, most = spans[0], 0
    for span in spans:
        inside.append(span)
        counts[span.term] += 1
        while span.end - inside[0].start > length and len(inside) > 1:
            gone = inside.popleft().term
            counts[gone] -= 1
            if not counts[gone]:
                del counts[gone]
        if len(counts) > most:
            best, most = inside[0], len(counts)
    return best


def _sentence_start(text: str, first: int) -> int:
    """The beginning of the sentence ``first`` is in, if it is near; else a little before."""
    begin = max(0, first - _LEAD)
    ends = list(_SENTENCE_END.finditer(text, begin, first))
    return ends[-1].end() if ends else begin


def _excerpt(text: str, ranges: Sequence[Range], start: int, length: int) -> Snippet:
    end = min(len(text), start + length)
    marks = [(max(a, start) - start, min(b, end) - start) for a, b in _merged(ranges) if a < end and b > start]
    shown = _SURROGATE.sub("\ufffd", text[start:end])
    return Snippet(shown, tuple(marks), start, cut_before=start > 0, cut_after=end < len(text))


def _merged(ranges: Sequence[Range]) -> Iterator[Range]:
    """The ranges in order, those that overlap or touch as one."""
    start, end = -1, -1
    for a, b in sorted(ranges):
        if a > end:
            if end > start:
                yield start, end
            start, end = a, b
        end = max(end, b)
    if end > start:
        yield start, end
