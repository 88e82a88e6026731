"""Did you mean: slips of every kind, never a word of a text the asker may not see."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.analysis.analyzer import Analyzer
from indexer.analysis.pinyin import sounds_like
from indexer.engine import Document, Upsert
from indexer.engines.memory import MemoryEngine
from indexer.query import Filter
from indexer.spelling import Repair, looks_like, repairs
from indexer.suggest import Entry, Suggestions
from tests.indexer.conftest import SCHEMA

Filled = Callable[..., MemoryEngine]

OPEN = (Filter("system", frozenset({"open"})),)
TITLES = (
    "增值税发票管理系统使用说明",
    "电子税务局登录白屏",
    "开票软件证书过期怎么更新",
    "打印机脱机后不能打印完税证明",
    "纳税人识别号无法认证",
    "Elasticsearch 检索服务无法启动",
    "申报表填写错误，更正申报的办法",
    "电子税务局打印机与增值税申报",
    "增值税申报在电子税务局打印",
    "打印机重新连接电子税务局",
    "增值税打印机",
)


def vocabulary(titles: tuple[str, ...] = TITLES):
    texts = Suggestions()
    texts.put(Entry(at, "title", title, frozenset({"open"})) for at, title in enumerate(titles))
    return texts.permitted(frozenset({"open"}))


@pytest.fixture
def engine(filled: Filled) -> MemoryEngine:
    return filled(
        {f"d{at}": {"title": title} for at, title in enumerate(TITLES)},
        {f"d{at}": ("open",) for at in range(len(TITLES))},
    )


def texts(told: tuple[Repair, ...]) -> list[str]:
    return [repair.text for repair in told]


@pytest.mark.parametrize(
    ("typed", "meant", "how"),
    [
        ("增值睡发票", "增值税发票", "sound"),
        ("电子税务居登录", "电子税务局登录", "sound"),
        ("打印机脱几", "打印机脱机", "sound"),
        ("开票软件征书过期", "开票软件证书过期", "sound"),
        ("增值锐发票", "增值税发票", "shape"),
        ("打卯机脱机", "打印机脱机", "shape"),
        ("电子务税局登录", "电子税务局登录", "swap"),
        ("电子税局登录", "电子税务局登录", "missing"),
        ("电子税务务局登录", "电子税务局登录", "extra"),
        ("kaipiao ruanjian", "开票软件", "pinyin"),
        ("kaipiaoruanjian 过期", "开票软件 过期", "pinyin"),
        ("dayinji", "打印机", "pinyin"),
        ("电子shuiwuju登录", "电子税务局登录", "pinyin"),
        ("elasticserch 启动", "elasticsearch 启动", "latin"),
        ("Elasticsaerch", "elasticsearch", "latin"),
    ],
)
def test_a_slip_is_repaired(engine: MemoryEngine, analyzer: Analyzer, typed: str, meant: str, how: str):
    told = repairs(typed, analyzer, engine, OPEN, vocabulary())
    assert texts(told)[0] == meant
    assert [one.how for one in told[0].replaced] == [how]


@pytest.mark.parametrize(
    "typed", [*TITLES, "发票", "ORA-00942", "登录", "怎么办", "请问如何更新证书", "elasticsearch", "税"]
)
def test_what_is_found_as_typed_is_left_alone(engine: MemoryEngine, analyzer: Analyzer, typed: str):
    assert repairs(typed, analyzer, engine, OPEN, vocabulary()) == ()


def test_two_slips_are_repaired_together(engine: MemoryEngine, analyzer: Analyzer):
    told = repairs("增值睡发票 打印机脱几", analyzer, engine, OPEN, vocabulary())
    assert texts(told)[0] == "增值税发票 打印机脱机"
    assert [(one.typed, one.meant) for one in told[0].replaced] == [("睡", "税"), ("几", "机")]


@pytest.mark.parametrize("typed", ["「增值睡发票」 ＡＢＣ？", "增值\u200b睡发票!", "開票軟件 增值睡發票"])
def test_the_rest_of_the_question_stays_as_it_was_typed(engine: MemoryEngine, analyzer: Analyzer, typed: str):
    assert texts(repairs(typed, analyzer, engine, OPEN, vocabulary()))[:1] == [typed.replace("睡", "税")]


def test_a_word_of_a_text_beyond_the_filters_is_never_told(filled: Filled, analyzer: Analyzer):
    engine = filled(
        {"open": {"title": "证书更新"}, "secret": {"title": "龙门计划发票"}}, {"open": ("open",), "secret": ("secret",)}
    )
    told = vocabulary(("龙门计划发票",))
    for typed in ("龙门计化", "证书 发漂", "longmenjihua", "发飘证书"):
        assert repairs(typed, analyzer, engine, OPEN, told) == ()
    assert texts(repairs("longmenjihua", analyzer, engine, (), told)) == ["龙门计划"]


@st.composite
def slips(draw: st.DrawFn) -> str:
    """The beginning of a title with one character that sounds like the right one."""
    title = draw(st.sampled_from(TITLES))
    at = draw(st.integers(0, len(title) - 1))
    return (title[:at] + draw(st.sampled_from(sounds_like(title[at]) or title[at])) + title[at + 1 :])[:12]


@given(slips(), st.sets(st.sampled_from(TITLES)))
@settings(max_examples=40)
def test_an_outsider_is_told_the_same_with_and_without_what_he_may_not_see(
    analyzer: Analyzer, typed: str, hidden: set[str]
):
    shown = tuple(title for title in TITLES if title not in hidden)
    answers = [
        texts(repairs(typed, analyzer, collection(analyzer, shown, *beside), OPEN, vocabulary(shown)))
        for beside in ((), tuple(hidden))
    ]
    assert sorted(answers[0]) == sorted(answers[1])


def collection(analyzer: Analyzer, shown: tuple[str, ...], *hidden: str) -> MemoryEngine:
    engine = MemoryEngine(SCHEMA, analyzer)
    told = dict.fromkeys(shown, "open") | dict.fromkeys(hidden, "secret")
    with engine.rebuild() as generation:
        generation.apply([Upsert(Document(one, 1, {"title": one}, {"system": (who,)})) for one, who in told.items()])
    return engine


@given(st.text(st.characters(), max_size=60))
@settings(max_examples=150)
def test_no_question_raises(analyzer: Analyzer, typed: str):
    for repair in repairs(typed, analyzer, collection(analyzer, TITLES), OPEN, vocabulary()):
        assert repair.text != typed


@pytest.mark.parametrize("typed", ["税" * 199, "a" * 199, "税 " * 99, "睡" * 10_000, "", "  ", "kai" * 60, "\ud800票"])
def test_a_monotonous_question_is_answered(engine: MemoryEngine, analyzer: Analyzer, typed: str):
    repairs(typed, analyzer, engine, OPEN, vocabulary())


def test_no_more_than_asked_for_are_told_each_different(engine: MemoryEngine, analyzer: Analyzer):
    told = texts(repairs("增值睡发漂", analyzer, engine, OPEN, vocabulary(), limit=1))
    assert len(told) == len(set(told)) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("未", "末"), ("己", "已"), ("账", "帐"), ("税", "说"), ("印", "卯"), ("销", "消")]
)
def test_characters_that_look_alike_are_known(one: str, other: str):
    assert other in looks_like(one) or one in looks_like(other)
