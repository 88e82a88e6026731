"""Whole searches over the reference engine."""

import gzip
import json
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexer.analysis.analyzer import Analyzer
from indexer.engine import Document, Upsert
from indexer.engines.memory import MemoryEngine
from indexer.query import Filter, Query, Sort
from indexer.results import Candidates
from indexer.schema import Schema, TextField
from indexer.search import find, like
from tests.indexer.conftest import SCHEMA
from tests.indexer.test_codes import SPELLINGS

Filled = Callable[..., MemoryEngine]

ARTICLES = {
    "code": {"title": "表或视图不存在", "codes": "ORA-00942 A06442 -1073", "body": "核对用户的授权后重试"},
    "words": {"title": "登录时白屏", "body": "清除浏览器缓存后重新登录电子税务局"},
    "mention": {"title": "升级说明", "body": "日志中的 ORA-00942 ORA-00942 可以忽略，A06442 同此，-1073 也是"},
    "other": {"title": "金税盘清卡不成功", "body": "先抄报再清卡"},
}


def ids(engine: MemoryEngine, analyzer: Analyzer, text: str) -> list[str]:
    return [hit.id for hit in find(engine, analyzer, SCHEMA, text).hits]


@pytest.mark.parametrize("text", [text for code in ("ora942", "a6442", "-1073") for text in SPELLINGS[code]])
def test_a_code_in_any_spelling_is_hit_one(filled: Filled, analyzer: Analyzer, text: str):
    assert ids(filled(ARTICLES), analyzer, text)[0] == "code"
    assert ids(filled(ARTICLES), analyzer, f"请问申报时提示 {text} 怎么办")[0] == "code"


def test_a_word_of_two_characters_is_found_inside_any_sentence(filled: Filled, analyzer: Analyzer):
    sentence = "纳税人在电子税务局提交增值税更正申报后金税盘清卡不成功怎么处理"
    engine = filled({"sentence": {"body": sentence}})
    pairs = [sentence[at : at + 2] for at in range(len(sentence) - 1)]
    assert [pair for pair in pairs if ids(engine, analyzer, pair) != ["sentence"]] == []


def test_a_single_character_is_found_anywhere(filled: Filled, analyzer: Analyzer):
    assert ids(filled(ARTICLES), analyzer, "盘") == ["other"]


def test_traditional_finds_simplified_and_back(filled: Filled, analyzer: Analyzer):
    engine = filled({"s": {"body": "发票开具后无法作废"}, "t": {"body": "發票開具後無法作廢"}})
    assert sorted(ids(engine, analyzer, "發票作廢")) == sorted(ids(engine, analyzer, "发票作废")) == ["s", "t"]


def test_a_whole_title_is_hit_one(filled: Filled, analyzer: Analyzer):
    noisy = {f"n{n}": {"title": "登录时白屏怎么办登录时白屏", "body": "登录时白屏 " * 20} for n in range(5)}
    assert ids(filled({**noisy, **ARTICLES}), analyzer, "登录时白屏")[0] == "words"


def test_a_phrase_is_demanded_and_an_exclusion_refused(filled: Filled, analyzer: Analyzer):
    engine = filled({"a": {"body": "税务局登录"}, "b": {"body": "登录税务局"}, "c": {"body": "登录税务局白屏"}})
    assert sorted(ids(engine, analyzer, '"登录税务局"')) == ["b", "c"]
    assert sorted(ids(engine, analyzer, "登录 -白屏")) == ["a", "b"]


def test_a_phrase_that_stands_nowhere_is_asked_as_words(filled: Filled, analyzer: Analyzer):
    assert ids(filled(ARTICLES), analyzer, '"清除了浏览器的缓存"')[0] == "words"


def test_function_words_alone_are_searched(filled: Filled, analyzer: Analyzer):
    assert ids(filled({"a": {"body": "这个怎么办"}, "b": {"body": "发票"}}), analyzer, "怎么办") == ["a"]


def test_words_are_relaxed_until_something_is_found(filled: Filled, analyzer: Analyzer):
    results = find(filled(ARTICLES), analyzer, SCHEMA, "视频会议终端登录白屏花屏")
    assert results.step == "any"
    assert results.hits[0].id == "words"


def test_enough_hits_with_all_words_are_not_relaxed(filled: Filled, analyzer: Analyzer):
    engine = filled({f"{n:03}": {"body": "开票软件登录" if n % 2 else "登录"} for n in range(300)})
    results = find(engine, analyzer, SCHEMA, "开票软件登录", limit=10)
    assert (results.step, results.total, len(results.hits)) == ("all", 150, 10)


def test_pages_follow_each_other_without_gap_or_double(filled: Filled, analyzer: Analyzer):
    engine = filled({f"{n:03}": {"body": "登录 " * (n % 7 + 1)} for n in range(250)})
    pages = [find(engine, analyzer, SCHEMA, "登录", offset=at, limit=30).hits for at in range(0, 250, 30)]
    found = [hit.id for page in pages for hit in page]
    assert len(found) == len(set(found)) == 250


def test_a_sorted_search_keeps_the_order_of_the_field(filled: Filled, analyzer: Analyzer):
    hits = find(filled(ARTICLES), analyzer, SCHEMA, "", sort=Sort("changed"), offset=1, limit=2).hits
    assert [hit.id for hit in hits] == ["mention", "words"]


class Watched:
    """The reference engine with a note of every query it was asked."""

    def __init__(self, engine: MemoryEngine) -> None:
        self._engine = engine
        self.asked: list[Query] = []

    def search(self, query: Query) -> Candidates:
        self.asked.append(query)
        return self._engine.search(query)

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)


def test_facets_are_counted_for_the_accepted_step_alone(filled: Filled, analyzer: Analyzer):
    engine = Watched(filled(ARTICLES, systems=dict.fromkeys(ARTICLES, ("核心征管",))))
    results = find(engine, analyzer, SCHEMA, "登录白屏花屏死机", facets=("system",))  # type: ignore[arg-type]
    assert sum(bool(query.facets) for query in engine.asked) == 1
    assert len(engine.asked) <= 6
    assert results.facets["system"][0].count == results.total


def test_filters_hold_on_every_step(filled: Filled, analyzer: Analyzer):
    engine = filled(ARTICLES, systems={"other": ("金税",)})
    only = (Filter("system", frozenset({"金税"})),)
    results = find(engine, analyzer, SCHEMA, "ORA-00942 登录 清卡", filters=only)
    assert [hit.id for hit in results.hits] == ["other"]


def test_a_long_text_is_mined_for_its_codes_and_rare_words(filled: Filled, analyzer: Analyzer):
    noise = "".join(f"2026-11-22 10:00:{n % 60:02} INFO worker-{n} 心跳正常 耗时{n}毫秒\n" for n in range(5_000))
    engine = Watched(filled(ARTICLES))
    text = f"{noise}java.sql.SQLException: ORA-00942: table or view does not exist\n{noise}"
    results = find(engine, analyzer, SCHEMA, text)  # type: ignore[arg-type]
    assert results.hits[0].id == "code"
    assert all(len(query.tree.terms) <= 64 for query in engine.asked if query.limit and hasattr(query.tree, "terms"))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "*",
            "?*?*",
            "*票",
            "/.*税.*/",
            "税~9",
            "发?",
            "[a TO z]",
            "(" * 5_000,
            " " * 200,
            "的了",
            "。，",
            "😀",
            "\ud800",
        ),
        *(
            "a" * 1_000_000,
            "税" * 300_000,
            "a OR " * 300,
            "ORA-1 " * 100_000,
            "-1" * 100_000,
            "“" * 1_000,
            "发票" * 100,
        ),
    ],
    ids=range(20),
)
def test_no_query_is_refused_or_slow(filled: Filled, analyzer: Analyzer, text: str):
    began = time.process_time()
    find(filled(ARTICLES), analyzer, SCHEMA, text)
    assert time.process_time() - began < 5


def test_like_finds_the_nearest_first(filled: Filled, analyzer: Analyzer):
    results = like(filled(ARTICLES), analyzer, SCHEMA, ["金税盘", "清卡失败，需要先抄报"], limit=2)
    assert results.hits[0].id == "other"


def questions(folder: Path) -> Iterator[tuple[str, dict[str, float]]]:
    judged: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
        question, document, grade = line.split("\t")
        judged[question][document] = float(grade)
    for query in lines(folder / "queries.jsonl.gz"):
        yield query["text"], judged[query["id"]]


def lines(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        yield from map(json.loads, stream)


def ndcg(found: list[str], judged: dict[str, float]) -> float:
    gains = [(2 ** judged.get(key, 0) - 1) / math.log2(place + 2) for place, key in enumerate(found[:10])]
    ideal = sorted(judged.values(), reverse=True)[:10]
    return sum(gains) / sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(ideal))


@pytest.mark.parametrize(("name", "floor"), [("lecoqa", 0.849), ("tidb", 0.434)])
def test_real_questions_reach_the_floor_of_words_and_bigrams(
    corpora: Path, analyzer: Analyzer, name: str, floor: float
):
    schema = Schema((TextField("body"),))
    engine = MemoryEngine(schema, analyzer)
    with engine.rebuild() as generation:
        documents = lines(corpora / name / "docs.jsonl.gz")
        generation.apply([Upsert(Document(each["id"], 1, {"body": each["body"]})) for each in documents])
    scores = [
        ndcg([hit.id for hit in find(engine, analyzer, schema, text, limit=10).hits], judged)
        for text, judged in questions(corpora / name)
    ]
    assert sum(scores) / len(scores) >= 0.99 * floor
