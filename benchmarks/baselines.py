"""Plain BM25 over the tokens other products use, and over our words and pairs, to compare ranking with."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indexer.analysis.analyzer import Analyzer
from indexer.analysis.normalise import normalise
from indexer.analysis.segment import Segmenter

K1, B = 1.2, 0.75
DEPTH = 100
_RUN = re.compile(r"(?P<han>[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)|[A-Za-z0-9]+")

_HAN = re.compile("[\u3400-\u9fff]+")

Tokenise = Callable[[str], list[str]]


def one_character(text: str) -> list[str]:
    """Each Han character is a token, as is each run of Latin letters and digits: what Elasticsearch does by default."""
    tokens: list[str] = []
    for found in _RUN.finditer(text.lower()):
        tokens += found.group() if found["han"] else [found.group()]
    return tokens


def jieba_words() -> Tokenise:
    """The words of jieba's search mode, without a dictionary of our own."""
    segmenter = Segmenter(None, ())

    def tokens(text: str) -> list[str]:
        cut: list[str] = []
        for found in _RUN.finditer(text.lower()):
            cut += segmenter.cut(found.group()) if found["han"] else [found.group()]
        return cut

    return tokens


def words_and_bigrams() -> Tokenise:
    """Words but function words, and pairs, traditional characters simplified: the floor."""
    analyzer, segmenter = Analyzer(), Segmenter(None, ())

    def tokens(text: str) -> list[str]:
        words = (word for run in _HAN.findall(normalise(text)) for word in segmenter.cut(run) if len(word) == 2)
        return [*analyzer.tokens(text).terms, *words]

    return tokens


@dataclass(frozen=True, slots=True)
class Bm25:
    """An index of token counts; documents are told by their place."""

    tokenise: Tokenise
    ids: Sequence[str]
    postings: Mapping[str, tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]]
    norms: npt.NDArray[np.float64]

    def ranked(self, question: str) -> list[str]:
        """Ids of the best DEPTH documents with any token of the question, equals in the order of the collection."""
        scores = np.zeros(len(self.ids))
        for token, times in Counter(self.tokenise(question)).items():
            if token in self.postings:
                places, counts = self.postings[token]
                idf = math.log(1 + (len(self.ids) - len(places) + 0.5) / (len(places) + 0.5))
                scores[places] += times * idf * counts * (K1 + 1) / (counts + self.norms[places])
        best = np.argsort(-scores, kind="stable")[:DEPTH]
        return [self.ids[at] for at in best if scores[at] > 0]


def indexed(documents: Iterable[tuple[str, str]], tokenise: Tokenise) -> Bm25:
    """The index of ids and texts."""
    ids: list[str] = []
    lengths: list[int] = []
    postings: defaultdict[str, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for at, (key, text) in enumerate(documents):
        tokens = tokenise(text)
        ids.append(key)
        lengths.append(len(tokens))
        for token, count in Counter(tokens).items():
            places, counts = postings[token]
            places.append(at)
            counts.append(count)
    length = np.array(lengths, float)
    norms = K1 * (1 - B + B * length / (length.mean() or 1.0))
    arrays = {
        token: (np.array(places, np.intp), np.array(counts, float)) for token, (places, counts) in postings.items()
    }
    return Bm25(tokenise, ids, arrays, norms)
