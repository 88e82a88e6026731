"""Scores: BM25 over all fields, likeness to titles, other forms, containers, priors, and what is exact before all."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.analysis.analyzer import CHARACTER, NAME, REPAIR, Form, Question, Term
from indexer.analysis.terms import BREAK, term_ids
from indexer.ranking import explanation, score, weights
from indexer.results import Candidate, Statistics
from indexer.schema import Schema, TextField

SCHEMA = Schema((TextField("title", 2.0, titles=True), TextField("codes"), TextField("body")))
BODY = Schema((TextField("body"),))


def candidate(key: str, numbers: dict[str, int] | None = None, **texts: str) -> Candidate:
    return Candidate(key, 1, 0.0, {name: term_ids(text.split(" ")) for name, text in texts.items()}, numbers or {})


def statistics(**frequency: int) -> Statistics:
    return Statistics(1_000, frequency, {}, 8.0)


def asked(*names: str, codes: tuple[str, ...] = (), forms: tuple[Form, ...] = ()) -> Question:
    terms = tuple(Term(name, (name,), NAME, True, at, at + 1) for at, name in enumerate(names))
    return Question(terms, names, codes, forms, names)


def order(*candidates: Candidate, question: Question, found: Statistics, schema: Schema = SCHEMA) -> list[str]:
    return [hit.id for hit in score(candidates, question, found, schema).hits]


def test_relevance_is_bm25_over_weighted_counts_of_all_fields():
    found = [candidate("a", body="x x y z"), candidate("b", title="x q", body="y")]
    by = replace(weights(), name=1.0)
    scored = score(found, asked("x", "y"), statistics(x=9, y=99), SCHEMA, weighing=by)
    idf_x, idf_y = math.log(1 + 991.5 / 9.5), math.log(1 + 901.5 / 99.5)

    def gain(times: float, length: int) -> float:
        return times * (by.k1 + 1) / (times + by.k1 * (1 - by.b + by.b * length / 8.0))

    a = idf_x * gain(2, 4) + idf_y * gain(1, 4)
    b = idf_x * gain(2, 3) + idf_y * gain(1, 3)
    assert scored.parts["relevance"] == pytest.approx([a / max(a, b), b / max(a, b)])


def test_a_rarer_word_counts_more():
    found = [candidate("common", body="x"), candidate("rare", body="y")]
    assert order(*found, question=asked("x", "y"), found=statistics(x=900, y=3)) == ["rare", "common"]


def test_neighbours_count_only_where_they_are_neighbours():
    pair = Term("x y", ("x", "y"), NAME, True, 0, 2)
    question = Question((pair,), (), (), (), ("x", "y"))
    found = [candidate("apart", title="y x", body="x z y"), candidate("beside", body="q q q x y")]
    assert order(*found, question=question, found=statistics()) == ["beside", "apart"]


def test_a_code_in_the_code_field_comes_first_whatever_the_rest():
    found = [candidate("words", title="x y", body="x y x y 942"), candidate("code", codes="7 942 1")]
    question = asked("942", "x", "y", codes=("942",))
    assert order(*found, question=question, found=statistics(x=1, y=1, **{"942": 900})) == ["code", "words"]


def test_a_title_equal_to_the_query_comes_first():
    found = [
        candidate("long", title="x y z", body="x y x y"),
        candidate("other", title=f"q {BREAK} x y"),
        candidate("swapped", title="y x"),
    ]
    scored = score(found, asked("x", "y"), statistics(x=9, y=9), SCHEMA)
    assert list(scored.exact) == ["", "title", ""]
    assert scored.order[0] == 1


def test_the_nearest_title_counts_and_not_all_of_them():
    far = " ".join(f"f{at}" for at in range(30))
    found = [candidate("one", title="x y q"), candidate("many", title=f"{far} {BREAK} x y q")]
    likeness = score(found, asked("x", "y"), statistics(), SCHEMA).parts["title"]
    assert likeness[0] == pytest.approx(likeness[1])


def test_another_form_counts_instead_of_what_was_typed_not_beside_it():
    form = Form("x", "s", ("s",), (Term("s", ("s",), NAME, True, 0, 1),), 0, 1, "added")
    question = asked("x", "y", forms=(form,))
    known = statistics(x=9, s=9, y=9)
    found = [candidate("typed", body="x y"), candidate("meant", body="s y"), candidate("none", body="q y")]
    relevance = score(found, question, known, BODY).parts["relevance"]
    assert relevance[0] > relevance[1] > relevance[2]
    both = [candidate("both", body="x s y"), candidate("typed", body="x q y")]
    relevance = score(both, question, known, BODY).parts["relevance"]
    assert relevance[0] == pytest.approx(relevance[1])


def test_a_contained_text_takes_the_place_of_its_page():
    entry = " ".join(f"e{at}" for at in range(40))
    page = f"{entry} " + " ".join(f"p{at}" for at in range(60)) + " e1 e2 e1 e2"
    found = [candidate("page", body=page), candidate("entry", body=entry), candidate("other", body=page[::-1])]
    assert order(*found, question=asked("e1", "e2"), found=statistics(), schema=BODY)[:2] == ["entry", "page"]
    changed = [found[0], candidate("changed", body=entry.replace("0", "x")), found[2]]
    assert order(*changed, question=asked("e1", "e2"), found=statistics(), schema=BODY)[0] == "page"


def test_a_prior_orders_equals_and_never_buries_what_is_better():
    found = [candidate("old", {"worth": -1}, body="x q"), candidate("proven", {"worth": 1}, body="x q")]

    def worth(numbers: object) -> float:
        return float(numbers["worth"])  # type: ignore[index]

    hits = score(found, asked("x"), statistics(x=9), BODY, prior=worth).hits
    assert [hit.id for hit in hits] == ["proven", "old"]
    better = [candidate("better", {"worth": -1}, body="x x x"), candidate("worse", {"worth": 1}, body="x q q q q q")]
    assert [hit.id for hit in score(better, asked("x"), statistics(x=9), BODY, prior=worth).hits] == ["better", "worse"]
    named = [candidate("named", {"worth": -1}, title="x"), candidate("praised", {"worth": 1}, body="x x x x")]
    assert score(named, asked("x"), statistics(x=9), SCHEMA, prior=worth).hits[0].id == "named"


def test_equals_keep_the_order_of_the_engine():
    found = [candidate(key, body="x") for key in "cab"]
    assert order(*found, question=asked("x"), found=statistics(x=3)) == ["c", "a", "b"]


@pytest.mark.parametrize("question", [asked(), asked("x"), asked("x", codes=("x",))])
def test_nothing_to_score_is_no_error(question: Question):
    hits = score([candidate("a"), candidate("b", body="y")], question, Statistics(0, {}, {}, 0.0), SCHEMA).hits
    assert [(hit.id, hit.score) for hit in hits] == [("a", 0.0), ("b", 0.0)]
    assert score([], question, Statistics(0, {}, {}, 0.0), SCHEMA).hits == ()


TEXT = st.lists(st.sampled_from(["x", "y", "z", "q", "xx", BREAK]), max_size=30)


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6), st.lists(st.sampled_from(["x", "y", "xx"]), max_size=4))
def test_counts_are_those_of_looking_for_each_term_at_each_place(
    texts: list[tuple[list[str], list[str]]], told: list[str]
):
    from indexer.ranking import _Texts

    found = [Candidate(str(at), 1, 0.0, {"title": term_ids(a), "body": term_ids(b)}) for at, (a, b) in enumerate(texts)]
    wanted = {tuple(told[start:end]) for start in range(len(told)) for end in range(start + 1, len(told) + 1)}
    terms = [Term(" ".join(units), units, NAME) for units in sorted(wanted)]
    counts = _Texts(found, Schema((TextField("title"), TextField("body")))).counts(terms)
    for at, pair in enumerate(texts):
        for field, text in enumerate(pair):
            for column, term in enumerate(terms):
                length = len(term.units)
                times = sum(tuple(text[start : start + length]) == term.units for start in range(len(text)))
                assert counts[field, at, column] == times


def test_an_explanation_tells_words_fields_and_what_is_missing():
    repair = Form("w", "s", ("s",), (Term("s", ("s",), NAME, True, 2, 3),), 2, 3, REPAIR)
    question = asked("x", "y", "w", forms=(repair,))
    found = [candidate("a", title="x q", body="x s"), candidate("b", body="x")]
    told = explanation(found, 0, question, statistics(x=9, s=9), SCHEMA)
    assert (told.rank, told.exact, told.missing) == (1, "", ("y",))
    assert {(match.term, match.field, match.times, match.through) for match in told.matches} == {
        ("x", "title", 1, ""),
        ("x", "body", 1, ""),
        ("s", "body", 1, "w"),
    }
    assert sum({match.term: match.share for match in told.matches}.values()) == pytest.approx(1)
    assert explanation(found, 1, question, statistics(x=9, s=9), SCHEMA).rank == 2


def test_characters_are_weighed_by_their_own_frequency():
    terms = (Term("税", ("税",), CHARACTER, True, 0, 1), Term("鼎", ("鼎",), CHARACTER, True, 1, 2))
    found = [candidate("common", body="税"), candidate("rare", body="鼎")]
    known = Statistics(1_000, {}, {"税": 900, "鼎": 2}, 1.0)
    assert order(*found, question=Question(terms, (), ()), found=known, schema=BODY) == ["rare", "common"]


def test_a_hundred_candidates_are_ordered_at_once():
    dice = np.random.default_rng(1)
    found = [Candidate(str(at), 1, 0.0, {"body": dice.integers(0, 2**32, 600, np.uint32)}) for at in range(100)]
    question = asked(*(f"t{n}" for n in range(64)))
    began = time.process_time()
    for _ in range(20):
        _ = score(found, question, statistics(), SCHEMA).hits
    assert (time.process_time() - began) / 20 < 0.1  # some 3 ms; a loop over terms would be far beyond
