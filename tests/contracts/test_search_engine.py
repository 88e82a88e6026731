"""What every search engine must do, told once and run over each of them."""

import itertools
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.analysis.analyzer import Analyzer, Tokens
from indexer.analysis.terms import term_ids
from indexer.engine import Change, Delete, Document, SearchEngine, Upsert
from indexer.engines import MODULES, default_address, open_engine
from indexer.errors import BadQuery, EngineUnavailable, IndexerError, IndexMissing, SchemaMismatch
from indexer.query import And, Code, Everything, Filter, Ids, Node, Not, Or, Phrase, Query, Sort, Words
from indexer.ranking import score
from indexer.results import UNTOLD, Applied, Candidates
from indexer.schema import KeywordField, NumberField, Schema, TextField
from tests.servers import TWO_SHARDS, elasticsearch_nodes, fresh_index, indices

SCHEMA = Schema(
    texts=(TextField("title"), TextField("body")),
    keywords=(KeywordField("system"), KeywordField("kind"), KeywordField("reader")),
    numbers=(NumberField("updated"),),
)
ADDRESSES = {"memory": "memory:", "tantivy": "tantivy:index", "whoosh": "whoosh:index"}
NAMES = (*sorted(ADDRESSES), "elasticsearch")
ON_DISK = ("tantivy", "whoosh")
SHARED = (*ON_DISK, "elasticsearch")  # by several processes
ROOT = Path(__file__).resolve().parents[2]

TEXTS = (
    ("电子税务局无法登录", "输入密码后提示证书已过期，重新安装数字证书驱动后恢复。"),
    ("申报表保存失败", "增值税申报表点击保存时报 ORA-00942，表或视图不存在，重建同义词后正常。"),
    ("发票开具提示离线时间超限", "开票软件长时间未联网，上传离线发票后解除锁定。"),
    ("打印机不能打印完税证明", "驱动版本过低，更新打印机驱动程序。"),
    ("批量导入企业所得税报表很慢", "导入一万行需要二十分钟，数据库缺少索引，增加索引后三十秒完成。"),
    ("用户密码忘记怎么办", "在登录页面点击找回密码，用手机验证码重设密码。"),
    ("数据库连接池耗尽", "应用日志出现连接超时，调大连接池上限并修复未关闭的连接。"),
    ("个人所得税扣缴端升级失败", "升级包下载中断，清除缓存目录后重新升级。"),
    ("纳税信用等级查询为空", "同步任务没有执行，手工执行同步任务后可以查询。"),
    ("出口退税申报数据重复", "同一批次导入两次，删除重复批次再申报。"),
    ("短信验证码收不到", "短信平台余额不足，充值后恢复发送。"),
    ("核心征管系统响应缓慢", "月初申报高峰，应用服务器线程阻塞，扩容后缓解。"),
    ("登录后页面空白", "浏览器版本过低，改用新版浏览器或者清除浏览器缓存。"),
    ("税控盘无法识别", "更换接口并重新安装驱动程序，错误代码 0x80070005 表示权限不足。"),
    ("印花税税源采集失败", "税目选择错误，改选正确税目后采集成功。"),
    ("系统间数据不一致", "消息队列积压，消费程序停止，重启消费程序并补发消息。"),
    ("文书送达状态不更新", "回执接口证书过期，更换接口证书。"),
    ("契税缴款书打印乱码", "缺少中文字体，安装字体后打印正常。"),
    ("定时任务没有执行", "服务器时间不准，校准时间后任务按时执行。"),
    ("社保费缴费记录缺失", "对账文件没有下载，补下载对账文件后记录完整。"),
)
SYSTEMS = ("金税三期", "电子税务局", "征管 A")
JUDGED = {
    "密码忘了如何找回": "5",
    "登录时提示数字证书过期": "0",
    "打印机驱动": "3",
    "连接池满了": "6",
    "数据导入太慢": "4",
    "收不到验证码短信": "10",
    "消息队列积压": "15",
    "打印出来是乱码": "17",
    "定时任务不执行": "18",
    "税控盘驱动程序": "13",
}


def document(at: int, version: int = 1) -> Document:
    title, body = TEXTS[at]
    kinds = ("故障",) if at % 3 else ("故障", "咨询")
    numbers = {} if at == 7 else {"updated": (at * 7) % 20 - 5}
    keywords = {"system": (SYSTEMS[at % 3],), "kind": kinds, "reader": (f"org:{at % 5}",)}
    return Document(str(at), version, {"title": title, "body": body}, keywords, numbers)


def library() -> list[Change]:
    return [Upsert(document(at)) for at in range(len(TEXTS))]


@pytest.fixture(scope="session")
def analyzer() -> Analyzer:
    return Analyzer()


Opener = Callable[..., SearchEngine]


@pytest.fixture
def address_of() -> Iterator[Callable[[str], str]]:
    """The address of an engine's index of this test's own; a server is needed only where one is asked for."""
    with ExitStack() as stack:

        @cache
        def address(name: str) -> str:
            return ADDRESSES.get(name) or stack.enter_context(fresh_index(elasticsearch_nodes()))

        yield address


@pytest.fixture
def opener(analyzer: Analyzer, tmp_path: Path, address_of: Callable[[str], str]) -> Iterator[Opener]:
    with ExitStack() as stack:

        def opened(name: str, schema: Schema = SCHEMA, analyzer: Analyzer = analyzer) -> SearchEngine:
            if name != "memory":
                pytest.importorskip(name, reason=f"{name} is not installed")
            engine = open_engine(address_of(name), schema, analyzer, tmp_path, TWO_SHARDS)
            stack.callback(engine.close)
            return engine

        yield opened


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty(name: str, opener: Opener) -> Iterator[SearchEngine]:
    engine = opener(name)
    yield engine
    engine.close()


@pytest.fixture
def engine(empty: SearchEngine) -> SearchEngine:
    return filled(empty, library())


def filled(engine: SearchEngine, changes: Sequence[Change] = ()) -> SearchEngine:
    with engine.rebuild() as generation:
        generation.apply(changes)
    return engine


def found(engine: SearchEngine, tree: Node, **asked: object) -> list[str]:
    return [candidate.id for candidate in engine.search(Query(tree, **asked)).candidates]  # type: ignore[arg-type]


def demanded(*words: str) -> tuple[Node, ...]:
    return tuple(Words((word,)) for word in words)


def asked(analyzer: Analyzer, text: str) -> Words:
    return Words(analyzer.question(text).searched)


def ordered(analyzer: Analyzer, engine: SearchEngine, text: str) -> list[str]:
    question = analyzer.question(text)
    terms = Words(question.searched)
    statistics = engine.search(Query(terms, limit=0, units=question.characters)).statistics
    candidates = engine.search(Query(terms)).candidates
    return [hit.id for hit in score(candidates, question, statistics, SCHEMA).hits]


# what is found


def test_judged_questions_find_their_text_first(engine: SearchEngine, analyzer: Analyzer) -> None:
    assert {text: ordered(analyzer, engine, text)[0] for text in JUDGED} == JUDGED


def test_after_ranking_the_order_is_that_of_the_reference(
    engine: SearchEngine, opener: Opener, analyzer: Analyzer
) -> None:
    reference = filled(opener("memory"), library())
    for text in JUDGED:
        assert set(ordered(analyzer, engine, text)) == set(ordered(analyzer, reference, text))
        assert ordered(analyzer, engine, text)[:5] == ordered(analyzer, reference, text)[:5]


def test_candidates_are_those_of_the_reference(name: str, opener: Opener, analyzer: Analyzer) -> None:
    clauses = [clause for _, body in TEXTS for clause in body.split("，")]
    bodies = ["，".join(parts) for parts in itertools.islice(itertools.permutations(clauses, 2), 0, 600)]
    changes = [Upsert(Document(str(at), 1, {"body": body})) for at, body in enumerate(bodies)]
    engine, reference = filled(opener(name), changes), filled(opener("memory"), changes)
    shares = []
    for text in JUDGED:
        wanted = engine.search(Query(asked(analyzer, text), limit=100)), reference.search(Query(asked(analyzer, text)))
        ours, theirs = ({candidate.id: candidate.score for candidate in answer.candidates} for answer in wanted)
        least = min(theirs.values())
        certain = {key for key, score in theirs.items() if score > least * 1.001}  # equals at the edge are a toss-up
        shares += [len(certain & ours.keys()) / len(certain)] if certain else []
        assert wanted[0].total == wanted[1].total
    assert sum(shares) / len(shares) >= 0.99


def test_tokens_are_the_units_of_each_field(engine: SearchEngine, analyzer: Analyzer) -> None:
    for candidate in engine.search(Query(Everything())).candidates:
        texts = document(int(candidate.id)).texts
        assert {field: ids.tolist() for field, ids in candidate.tokens.items()} == {
            field: term_ids(analyzer.tokens(text).units).tolist() for field, text in texts.items()
        }


def test_an_absent_text_has_no_tokens(empty: SearchEngine) -> None:
    filled(empty, [Upsert(Document("x", 1, {"body": "税"}))])
    [candidate] = empty.search(Query(Everything())).candidates
    assert {field: len(ids) for field, ids in candidate.tokens.items()} == {"title": 0, "body": 1}


def test_statistics_are_those_of_the_collection(engine: SearchEngine, analyzer: Analyzer) -> None:
    tokens = [[analyzer.tokens(text).terms for text in document(at).texts.values()] for at in range(len(TEXTS))]
    tree = And((Words(("驱动", "没有这个词"), demanded("打印"), 1), Not(Code("ora942"))))
    statistics = engine.search(Query(tree, limit=0, units=("税", "鼎"))).statistics
    assert statistics.documents == len(TEXTS)
    assert statistics.frequency == {
        term: sum(term in title + body for title, body in tokens) for term in ("驱动", "没有这个词", "打印", "ora942")
    }
    units = [unit for at in range(len(TEXTS)) for text in TEXTS[at] for unit in analyzer.tokens(text).units]
    assert statistics.unit_frequency == {"税": sum("税" in title + body for title, body in TEXTS), "鼎": 0}
    assert statistics.average_length == pytest.approx(len(units) / 20)


def test_statistics_leave_out_what_was_replaced(engine: SearchEngine) -> None:
    engine.apply([Delete("3", 2), Upsert(replace(document(13), version=2, texts={"title": "税控盘"}))])
    statistics = engine.search(Query(Words(("驱动",)), limit=0)).statistics
    assert (statistics.documents, statistics.frequency) == (19, {"驱动": 1})
    left = [change for change in library() if isinstance(change, Upsert) and change.document.id not in {"3", "13"}]
    afresh = filled(engine, [*left, Upsert(replace(document(13), texts={"title": "税控盘"}))])
    assert afresh.search(Query(Words(("驱动",)), limit=0)).statistics == statistics


def test_limit_zero_gives_statistics_only(engine: SearchEngine) -> None:
    answer = engine.search(Query(Words(("驱动",)), limit=0))
    assert (answer.total, answer.candidates, answer.facets) == (0, (), {})
    assert answer.statistics.frequency == {"驱动": 3}


def test_who_asks_for_more_is_told_no_statistics(engine: SearchEngine) -> None:
    assert engine.search(Query(Words(("驱动",)))).statistics == UNTOLD
    assert engine.search(Query(Words(("驱动",)), facets=("kind",), limit=0)).statistics == UNTOLD


def test_limit_zero_with_facets_counts(engine: SearchEngine) -> None:
    answer = engine.search(Query(Words(("驱动",)), facets=("kind",), limit=0))
    assert (answer.total, answer.candidates) == (3, ())
    assert {count.value: count.count for count in answer.facets["kind"]} == {"故障": 3, "咨询": 2}


# the tree


def test_as_many_words_as_required_must_occur(engine: SearchEngine) -> None:
    words = ("驱动", "打印机", "证书")
    expected = {0: {"0", "3", "13", "16"}, 1: {"0", "3", "13", "16"}, 2: {"0", "3"}, 3: set(), 4: set()}
    for required, ids in expected.items():
        assert set(found(engine, Words(words, demanded(*words), required))) == ids


def test_other_terms_count_but_cannot_be_demanded(engine: SearchEngine) -> None:
    assert set(found(engine, Words(("驱动", "打印", "乱码"), demanded("驱动"), 1))) == {"0", "3", "13"}
    assert found(engine, Words(("驱动", "打印", "乱码"), demanded("驱动"), 1))[0] == "3"


def test_what_is_demanded_may_be_said_in_several_ways(engine: SearchEngine) -> None:
    either = Or((Words(("证书",)), Phrase(tuple("打印机"))))
    assert set(found(engine, Words(("驱动",), (*demanded("驱动"), either), 2))) == {"0", "3"}
    assert set(found(engine, Words(("驱动",), (either,), 1))) == {"0", "3", "16"}


def test_documents_are_told_by_their_ids(engine: SearchEngine) -> None:
    assert set(found(engine, Ids(("3", "17", "unknown")))) == {"3", "17"}
    assert found(engine, Ids(())) == []
    assert set(found(engine, And((Words(("驱动",)), Not(Ids(("3",))))))) == {"0", "13"}
    engine.apply([Delete("3", 2)])
    assert set(found(engine, Or((Ids(("3", "17")), Words(("乱码",)))))) == {"17"}


def test_what_is_not_counted_is_the_same_window(engine: SearchEngine) -> None:
    tree = Words(("申报", "驱动", "打印", "登录", "执行"))
    for offset in (0, 3):
        window = [found(engine, tree, offset=offset, limit=4, counted=counted) for counted in (True, False)]
        assert window[0] == window[1]
        assert len(window[0]) == 4


def test_candidates_come_with_their_numbers(engine: SearchEngine) -> None:
    for candidate in engine.search(Query(Everything())).candidates:
        assert candidate.numbers == document(int(candidate.id)).numbers


def test_words_without_terms_find_nothing(engine: SearchEngine) -> None:
    assert found(engine, Words(())) == []
    assert found(engine, Words((), (), 1)) == []


def test_a_code_is_found_by_its_normal_form(engine: SearchEngine, analyzer: Analyzer) -> None:
    for spelling, key in {"ORA-942": "1", "ora00942": "1", "0X80070005": "13"}.items():
        [code] = analyzer.question(spelling).codes
        assert found(engine, Code(code)) == [key]
    assert found(engine, Code("ora943")) == []


def test_a_phrase_keeps_its_order_within_one_field(engine: SearchEngine) -> None:
    across_fields = "失败升级"
    for units in ("驱动程序", "程序驱动", across_fields, "税", "数据库", "申报"):
        assert set(found(engine, Phrase(tuple(units)))) == {str(at) for at in range(20) if holds(units, TEXTS[at])}
    assert found(engine, Phrase(())) == []


def holds(part: str, texts: Sequence[str]) -> bool:
    return any(part in text for text in texts)


def test_and_or_not_everything_mean_what_they_say(engine: SearchEngine) -> None:
    drivers, printing, everything = Words(("驱动",)), Words(("打印",)), {str(at) for at in range(20)}
    expected: dict[Node, set[str]] = {
        And((drivers, printing)): {"3"},
        Or((drivers, printing)): {"0", "3", "13", "17"},
        And((drivers, Not(printing))): {"0", "13"},
        Not(drivers): everything - {"0", "3", "13"},
        Not(Not(drivers)): {"0", "3", "13"},
        Not(Everything()): set(),
        And((Everything(), drivers)): {"0", "3", "13"},
        Everything(): everything,
        And(()): everything,
        Or(()): set(),
    }
    for tree, ids in expected.items():
        assert set(found(engine, tree)) == ids, tree


# filters, facets, order, windows


def test_filters_keep_documents_with_one_of_the_values_in_each_field(engine: SearchEngine) -> None:
    system = Filter("system", frozenset({"征管 A", "金税三期"}))
    kind = Filter("kind", frozenset({"咨询"}))
    assert set(found(engine, Everything(), filters=(system,))) == {str(at) for at in range(20) if at % 3 != 1}
    assert set(found(engine, Everything(), filters=(system, kind))) == {str(at) for at in range(20) if at % 3 == 0}


@pytest.mark.parametrize("values", [set(), {"征管"}, {"征管 a"}, {"A"}, {"没有"}])
def test_a_filter_takes_exact_values_only(engine: SearchEngine, values: set[str]) -> None:
    answer = engine.search(Query(Everything(), (Filter("system", frozenset(values)),)))
    assert (answer.total, answer.candidates) == (0, ())


def test_facets_count_all_that_is_found_but_leave_aside_their_own_filter(engine: SearchEngine) -> None:
    filters = (Filter("system", frozenset({"征管 A"})), Filter("reader", frozenset({"org:1", "org:2"})))
    answer = engine.search(Query(Everything(), filters, ("system", "kind", "reader"), limit=2))
    readers = [at for at in range(20) if at % 5 in {1, 2}]
    both = [at for at in readers if at % 3 == 2]
    counts = {field: {count.value: count.count for count in facet} for field, facet in answer.facets.items()}
    assert answer.total == len(both)
    assert counts["system"] == {SYSTEMS[rest]: sum(at % 3 == rest for at in readers) for rest in range(3)}
    assert counts["kind"] == {"故障": len(both)}
    assert counts["reader"] == {f"org:{r}": sum(at % 3 == 2 and at % 5 == r for at in range(20)) for r in range(5)}


def test_facet_values_come_most_frequent_first(engine: SearchEngine) -> None:
    [facet] = engine.search(Query(Everything(), facets=("system",))).facets.values()
    assert [(count.value, count.count) for count in facet] == [("电子税务局", 7), ("金税三期", 7), ("征管 A", 6)]


@pytest.mark.parametrize("descending", [True, False])
def test_sorting_follows_a_number_and_puts_last_what_has_none(engine: SearchEngine, descending: bool) -> None:
    numbered = [at for at in range(20) if at != 7]
    expected = sorted(numbered, key=lambda at: document(at).numbers["updated"], reverse=descending)
    assert found(engine, Everything(), sort=Sort("updated", descending)) == [str(at) for at in (*expected, 7)]


@pytest.mark.parametrize("sort", [None, Sort("updated")])
def test_pages_join_without_gap_or_repeat(engine: SearchEngine, sort: Sort | None) -> None:
    tree = Words(("申报", "驱动", "打印", "登录", "执行"))
    whole = engine.search(Query(tree, sort=sort))
    pages = [engine.search(Query(tree, sort=sort, offset=offset, limit=3)) for offset in range(0, 21, 3)]
    assert [candidate.id for page in pages for candidate in page.candidates] == [each.id for each in whole.candidates]
    assert {page.total for page in pages} == {whole.total}


@pytest.mark.parametrize(
    "query",
    [
        Query(Everything(), (Filter("title", frozenset()),)),
        Query(Everything(), facets=("updated",)),
        Query(Everything(), sort=Sort("system")),
        Query(Everything(), offset=950),
        Query(Everything(), limit=-1),
    ],
)
def test_what_the_schema_or_the_window_does_not_have_is_a_bad_query(engine: SearchEngine, query: Query) -> None:
    with pytest.raises(BadQuery):
        engine.search(query)


# changes


def test_what_is_applied_is_found_when_apply_returns(engine: SearchEngine) -> None:
    applied = engine.apply([Upsert(Document("new", 1, {"title": "堡垒机"})), Upsert(document(3, 2)), Delete("5", 2)])
    assert applied == Applied(3)
    assert found(engine, Phrase(tuple("堡垒机"))) == ["new"]
    assert dict(engine.ids()) == {str(at): 1 for at in range(20) if at != 5} | {"3": 2, "new": 1}


def test_an_old_version_cannot_replace_a_newer_one(engine: SearchEngine) -> None:
    engine.apply([Upsert(Document("3", 5, {"title": "新的"}))])
    assert engine.apply([Upsert(document(3, 5)), Upsert(document(3, 4)), Delete("3", 4)]) == Applied(0, 3)
    assert found(engine, Phrase(tuple("新的"))) == ["3"]
    assert dict(engine.ids())["3"] == 5


def test_a_late_upsert_cannot_resurrect_what_was_deleted(engine: SearchEngine) -> None:
    engine.apply([Delete("3", 7), Delete("never seen", 7)])
    late: list[Change] = [Upsert(document(3, 7)), Upsert(Document("never seen", 6, {"title": "迟到"}))]
    assert engine.apply(late) == Applied(0, 2)
    assert {"3", "never seen"}.isdisjoint(dict(engine.ids()))
    assert "3" not in found(engine, Everything())
    assert found(engine, Not(Words(("驱动",)))).count("never seen") == 0
    assert engine.apply([Upsert(document(3, 8))]) == Applied(1)
    assert dict(engine.ids())["3"] == 8


def test_the_next_generation_forgets_what_was_deleted(engine: SearchEngine) -> None:
    engine.apply([Delete("3", 7)])
    filled(engine, [])
    assert engine.apply([Upsert(document(3))]) == Applied(1)


def test_one_batch_may_tell_of_a_document_more_than_once(engine: SearchEngine) -> None:
    batch: list[Change] = [
        Upsert(document(3, 4)),
        Upsert(document(3, 9)),
        Upsert(document(3, 8)),
        Delete("4", 2),
        Delete("4", 2),
    ]
    assert engine.apply(batch) == Applied(2, 3)
    assert dict(engine.ids())["3"] == 9


def test_nothing_to_apply_is_nothing_done(engine: SearchEngine) -> None:
    assert engine.apply([]) == Applied(0)


class Choking(Analyzer):
    """An analyzer that some texts break."""

    def tokens(self, text: str) -> Tokens:
        if "毒" in text:
            raise RecursionError("too deep")
        return super().tokens(text)


def test_documents_that_cannot_be_taken_do_not_hold_up_the_others(name: str, opener: Opener) -> None:
    engine = filled(opener(name, analyzer=Choking()), library())
    poisoned = [
        Upsert(Document("text", 1, {"title": "毒"})),
        Upsert(Document("field", 1, {"no such field": "x"})),
        Upsert(Document("surrogate", 1, {}, {"system": ("\ud800",)})),
        Upsert(Document("number", 1, {}, {}, {"updated": 2**63})),
        Upsert(Document("3", 2, {"title": "毒"})),
    ]
    applied = engine.apply([*poisoned, Upsert(document(4, 2))])
    assert (applied.taken, set(applied.failed)) == (1, {"text", "field", "surrogate", "number", "3"})
    assert all(reason.endswith("。") for reason in applied.failed.values())
    assert dict(engine.ids()) == {str(at): 1 for at in range(20)} | {"4": 2}


@pytest.mark.parametrize("text", ["", " ", "\ud800", "\x00\x1e\x1f", "税" * 5_000, "a b\tc\nd", "😀", "x" * 70_000])
def test_no_text_breaks_an_engine(engine: SearchEngine, text: str) -> None:
    assert engine.apply([Upsert(Document("odd", 1, {"title": text, "body": text}))]) == Applied(1)
    assert "odd" in found(engine, Everything())


def test_empty_and_spaced_keywords_are_values_like_others(engine: SearchEngine) -> None:
    engine.apply([Upsert(Document("odd", 1, {}, {"system": ("a b,c", "A B,C", "a b,c", "")}))])
    assert found(engine, Everything(), filters=(Filter("system", frozenset({"a b,c"})),)) == ["odd"]
    counts = engine.search(Query(Everything(), facets=("system",))).facets["system"]
    assert {count.value: count.count for count in counts if count.count == 1} == {"a b,c": 1, "A B,C": 1, "": 1}


CHANGES = st.lists(
    st.builds(
        lambda key, version, deleted: (
            Delete(key, version) if deleted else Upsert(Document(key, version, {"title": f"税务{version}"}))
        ),
        st.sampled_from("abc"),
        st.integers(0, 5),
        st.booleans(),
    ),
    max_size=12,
)


@given(batches=st.lists(CHANGES, max_size=4))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_of_changes_leaves_what_the_version_rule_says(
    empty: SearchEngine, batches: list[list[Change]]
) -> None:
    filled(empty)
    known: dict[str, tuple[int, bool]] = {}
    for batch in batches:
        before = dict(known)
        applied = empty.apply(batch)
        for change in batch:
            concerned = change if isinstance(change, Delete) else change.document
            rank_of_it = (concerned.version, isinstance(change, Delete))
            known[concerned.id] = max(known.get(concerned.id, (-1, False)), rank_of_it)
        assert applied.taken == sum(known[key] != before.get(key) for key in known)
        assert applied.taken + applied.ignored == len(batch)
        assert dict(empty.ids()) == {key: version for key, (version, deleted) in known.items() if not deleted}
    assert sorted(found(empty, Everything())) == sorted(dict(empty.ids()))


# generations


def test_without_a_generation_there_is_no_index(empty: SearchEngine, tmp_path: Path) -> None:
    for call in (lambda: empty.search(Query(Everything())), lambda: empty.apply([]), lambda: list(empty.ids())):
        with pytest.raises(IndexMissing):
            call()
    assert list(tmp_path.iterdir()) == []
    status = empty.status()
    assert (status.generation, status.documents, status.matches) == ("", 0, False)


def test_status_tells_engine_generation_and_size(name: str, engine: SearchEngine) -> None:
    status = engine.status()
    assert (status.engine, status.documents, status.matches) == (name, 20, True)
    filled(engine, [])
    assert engine.status().generation not in {"", status.generation}


def test_a_rebuild_is_searched_and_changed_meanwhile(engine: SearchEngine) -> None:
    with engine.rebuild() as generation:
        generation.apply([Upsert(document(at)) for at in range(10)])
        assert len(found(engine, Everything())) == 20
        changes: list[Change] = [
            Upsert(document(3, 2)),
            Delete("4", 2),
            Upsert(Document("new", 1, {"title": "堡垒机"})),
        ]
        assert engine.apply(changes) == Applied(3)
        assert len(found(engine, Everything())) == 20
        assert generation.apply(changes) == Applied(3)
        assert generation.apply([Upsert(document(4)), Upsert(document(3))]) == Applied(0, 2)
        assert dict(generation.ids()) == {str(at): 1 for at in range(10) if at != 4} | {"3": 2, "new": 1}
        assert "19" in dict(engine.ids())
    assert dict(engine.ids()) == {str(at): 1 for at in range(10) if at != 4} | {"3": 2, "new": 1}
    assert found(engine, Phrase(tuple("堡垒机"))) == ["new"]


def test_a_rebuild_that_raises_leaves_everything_as_it_was(engine: SearchEngine) -> None:
    before = engine.status()
    with pytest.raises(ZeroDivisionError), engine.rebuild() as generation:
        generation.apply([Upsert(document(1 // 0, 9))])
    assert engine.status() == before
    assert dict(engine.ids())["1"] == 1
    filled(engine, [Upsert(document(1, 9))])
    assert dict(engine.ids()) == {"1": 9}


def test_threads_may_search_and_change_at_once(engine: SearchEngine) -> None:
    def work(at: int) -> int:
        if at % 4 == 0:
            engine.apply([Upsert(document(at % 20, at + 2))])
        return len(found(engine, Everything()))

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(work, range(24))) == {20}


# shared by several processes


@pytest.fixture(params=SHARED)
def shared(request: pytest.FixtureRequest, opener: Opener) -> tuple[str, SearchEngine]:
    name = str(request.param)
    return name, filled(opener(name), library())


def test_another_reader_sees_commits_and_generations(shared: tuple[str, SearchEngine], opener: Opener) -> None:
    name, writer = shared
    reader = opener(name)
    assert len(found(reader, Everything())) == 20
    writer.apply([Delete("3", 2)])
    assert len(found(reader, Everything())) == 19
    filled(writer, [Upsert(document(1))])
    assert found(reader, Everything()) == ["1"]
    filled(writer, [Upsert(document(2))])
    assert found(reader, Everything()) == ["2"]
    assert reader.status() == writer.status()


Kept = Callable[[str], set[str]]


@pytest.fixture
def kept(address_of: Callable[[str], str], tmp_path: Path) -> Kept:
    """The names of all generations an engine keeps, live or not."""

    def names(name: str) -> set[str]:
        if name in ON_DISK:
            return {path.name for path in (tmp_path / "index").iterdir() if path.is_dir()}
        return indices(address_of(name))

    return names


def test_the_generation_before_is_kept_until_the_next_rebuild(shared: tuple[str, SearchEngine], kept: Kept) -> None:
    name, engine = shared
    names = [engine.status().generation]
    for _ in range(2):
        names.append(filled(engine, []).status().generation)
        assert kept(name) == set(names[-2:])


def test_another_schema_or_analysis_is_a_mismatch(shared: tuple[str, SearchEngine], opener: Opener) -> None:
    name, _ = shared
    other = opener(name, schema=replace(SCHEMA, keywords=()))
    for call in (lambda: other.search(Query(Everything())), lambda: other.apply([]), lambda: list(other.ids())):
        with pytest.raises(SchemaMismatch):
            call()
    assert other.status().matches is False
    assert other.status().generation
    filled(other, [])
    assert other.status().matches is True


def test_weights_need_no_rebuild(shared: tuple[str, SearchEngine], opener: Opener) -> None:
    name, _ = shared
    other = opener(name, schema=replace(SCHEMA, texts=(TextField("title", 9.0), TextField("body"))))
    assert len(found(other, Everything())) == 20


# on disk


@pytest.fixture(params=ON_DISK)
def disk(request: pytest.FixtureRequest, opener: Opener) -> tuple[str, SearchEngine]:
    name = str(request.param)
    return name, filled(opener(name), library())


def test_folders_are_closed_to_others(disk: tuple[str, SearchEngine], tmp_path: Path) -> None:
    folders = [tmp_path / "index", *(path for path in (tmp_path / "index").iterdir() if path.is_dir())]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}


@pytest.mark.compiled
def test_the_index_of_another_engine_is_a_mismatch(disk: tuple[str, SearchEngine], opener: Opener) -> None:
    name, _ = disk
    [other] = set(ON_DISK) - {name}
    with pytest.raises(SchemaMismatch):
        opener(other).search(Query(Everything()))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Whoosh leaves broken files open
def test_a_damaged_index_is_unavailable_and_a_rebuild_cures_it(
    disk: tuple[str, SearchEngine], opener: Opener, tmp_path: Path
) -> None:
    name, engine = disk
    live = tmp_path / "index" / engine.status().generation
    engine.close()
    for path in sorted(live.iterdir()):
        if path.suffix != ".lock" and path.stat().st_size > 40 and not path.name.startswith("."):
            whole = path.read_bytes()
            path.unlink()  # never shortened in place: who has it mapped would be killed
            path.write_bytes(whole[: len(whole) // 2])
            with pytest.raises(EngineUnavailable):
                _ = opener(name).search(Query(Words(("驱动",)), facets=("system",))), list(opener(name).ids())
            path.unlink()
            with pytest.raises(EngineUnavailable):
                _ = opener(name).search(Query(Words(("驱动",)), facets=("system",))), list(opener(name).ids())
            assert opener(name).status().matches is False
            path.write_bytes(whole)
    assert len(found(opener(name), Everything())) == 20
    (live / "meta.json").unlink(missing_ok=True)
    assert len(found(filled(opener(name), library()), Everything())) == 20


@pytest.mark.parametrize("pointer", [b"", b"{}", b"[1]", b"\xff", b'{"generation": "gone", "fingerprint": "x"}'])
def test_a_damaged_pointer_is_unavailable_or_a_mismatch(
    disk: tuple[str, SearchEngine], opener: Opener, tmp_path: Path, pointer: bytes
) -> None:
    name, _ = disk
    (tmp_path / "index" / "current").write_bytes(pointer)
    with pytest.raises((EngineUnavailable, SchemaMismatch)):
        opener(name).search(Query(Everything()))
    assert len(found(filled(opener(name), library()), Everything())) == 20


def test_pickles_are_not_read_from_a_folder_others_can_enter(opener: Opener, tmp_path: Path) -> None:
    engine = filled(opener("whoosh"), library())
    (tmp_path / "index").chmod(0o755)
    with pytest.raises(EngineUnavailable):
        opener("whoosh").search(Query(Everything()))
    assert len(found(filled(engine, library()), Everything())) == 20


@pytest.mark.parametrize("name", ON_DISK)
def test_a_folder_that_cannot_be_written_is_unavailable(name: str, opener: Opener, tmp_path: Path) -> None:
    (tmp_path / "index").write_text("no folder")
    with pytest.raises(EngineUnavailable), opener(name).rebuild():
        pass


# killed processes

PRELUDE = """
    import os, signal, sys
    from pathlib import Path
    from indexer.engine import *
    from indexer.query import *
    sys.path.insert(0, "tests/contracts")
    from test_search_engine import SCHEMA, Analyzer, document, library, open_engine
    engine = open_engine(sys.argv[1], SCHEMA, Analyzer(), Path(sys.argv[2]))
"""


Runner = Callable[[str, str], "subprocess.Popen[str]"]


@pytest.fixture
def run(address_of: Callable[[str], str], tmp_path: Path) -> Runner:
    def running(script: str, name: str) -> subprocess.Popen[str]:
        code = textwrap.dedent(PRELUDE) + textwrap.dedent(script)
        arguments = [sys.executable, "-c", code, address_of(name), str(tmp_path)]
        return subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    return running


def test_a_killed_rebuild_leaves_the_live_generation(
    shared: tuple[str, SearchEngine], opener: Opener, run: Runner, kept: Kept
) -> None:
    name, engine = shared
    script = """
        with engine.rebuild() as generation:
            generation.apply([Upsert(document(at, 5)) for at in range(10)])
            os.kill(os.getpid(), signal.SIGKILL)
    """
    before = engine.status()
    with run(script, name) as process:
        assert process.wait(60) == -signal.SIGKILL
    assert opener(name).status() == before
    assert engine.apply([Upsert(document(1, 2))]) == Applied(1)
    assert kept(name) > {before.generation}
    after = filled(engine, library()).status()
    assert kept(name) == {before.generation, after.generation}


def test_a_writer_killed_at_any_moment_leaves_a_sound_index(
    shared: tuple[str, SearchEngine], opener: Opener, run: Runner
) -> None:
    name, _ = shared
    script = """
        for version in range(2, 1_000):
            engine.apply([Upsert(document(at, version)) for at in range(20)])
            print(version, flush=True)
    """
    last = 1
    for wanted in (1, 3):
        with run(script.replace("range(2,", f"range({last + 1},"), name) as process:
            assert process.stdout
            lines = [int(process.stdout.readline()) for _ in range(wanted)]
            process.send_signal(signal.SIGKILL)
        reopened = opener(name)
        versions = set(dict(reopened.ids()).values())
        assert min(versions) >= lines[-1]
        assert len(versions) == 1 or name not in ON_DISK  # a commit is whole; a server takes documents one by one
        assert len(found(reopened, Words(("驱动",)))) == 3
        last = max(versions)
    assert opener(name).apply([Upsert(document(0, 2_000))]) == Applied(1)


def test_a_reader_in_another_process_sees_commits_and_generations(
    shared: tuple[str, SearchEngine], run: Runner
) -> None:
    name, engine = shared
    script = """
        for line in sys.stdin:
            print(engine.search(Query(Everything())).total, flush=True)
    """
    with run(script, name) as process:
        assert process.stdin
        assert process.stdout
        totals = []
        for step in (lambda: None, lambda: engine.apply([Delete("3", 2)]), lambda: filled(engine, library()[:5])):
            step()
            process.stdin.write("\n")
            process.stdin.flush()
            totals.append(int(process.stdout.readline()))
        process.stdin.close()
    assert totals == [20, 19, 5]


def test_two_processes_take_turns_in_writing(shared: tuple[str, SearchEngine], run: Runner) -> None:
    name, engine = shared
    script = """
        for at in range(5):
            assert engine.apply([Upsert(Document(f"other {at}", 1, {"title": "税"}))]).taken == 1
    """
    with run(script, name) as process:
        for at in range(5):
            assert engine.apply([Upsert(Document(f"own {at}", 1, {"title": "税"}))]).taken == 1
        assert process.wait(60) == 0
    assert len(dict(engine.ids())) == 30


def test_only_one_process_rebuilds(disk: tuple[str, SearchEngine], opener: Opener) -> None:
    name, engine = disk
    with engine.rebuild(), pytest.raises(EngineUnavailable), opener(name).rebuild():
        pass
    assert dict(engine.ids()) == {}


# addresses


def test_an_unknown_address_is_told_with_the_known_ones(analyzer: Analyzer, tmp_path: Path) -> None:
    for address in ("", "lucene:index", "memory", "/srv/index"):
        with pytest.raises(IndexerError, match="memory:"):
            open_engine(address, SCHEMA, analyzer, tmp_path)


def test_opening_creates_and_imports_nothing_needless(tmp_path: Path) -> None:
    code = """
        import sys
        from pathlib import Path
        from indexer.analysis.analyzer import Analyzer
        from indexer.engines import open_engine
        from indexer.schema import Schema
        open_engine("memory:", Schema(()), Analyzer(), Path(sys.argv[1]))
        assert not {"tantivy", "whoosh"} & set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code), str(tmp_path)], check=True, cwd=ROOT)
    assert list(tmp_path.iterdir()) == []


def test_the_default_address_names_an_installed_engine() -> None:
    assert default_address().partition(":")[0] in MODULES


def test_the_candidates_of_a_closed_engine_are_found_again(engine: SearchEngine) -> None:
    engine.close()
    answer: Candidates = engine.search(Query(Everything()))
    assert answer.total == 20
