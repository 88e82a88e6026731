"""What an article's confidence, validity and reuse are worth, and that the index learns of it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kb_service.bootstrap import KnowledgeBase
from kb_service.documents import DAY, REUSE_LEVELS, reuse_level, worth
from kb_service.inputs import SearchRequest
from tests.base import actor
from tests.kb_service.making import published, solution

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())

NUMBERS = st.fixed_dictionaries(
    {},
    optional={
        "validated": st.sampled_from([0, 1]),
        "reuse": st.integers(0, REUSE_LEVELS),
        "ends": st.integers(SECONDS - 9 * DAY, SECONDS + 9 * DAY),
    },
)


@given(NUMBERS)
def test_worth_is_bounded(numbers: dict[str, int]):
    assert -1 <= worth(NOW)(numbers) <= 1


@given(NUMBERS)
def test_what_is_out_of_force_is_worth_least(numbers: dict[str, int]):
    ended = {**numbers, "ends": SECONDS - 1}
    assert worth(NOW)(ended) <= worth(NOW)(numbers)
    assert worth(NOW - timedelta(days=30))(ended) >= 0


def test_helping_more_people_is_worth_more_and_less_each_time():
    levels = [reuse_level(people) for people in range(300)]
    assert levels == sorted(levels)
    assert levels[:5] == [0, 0, 1, 1, 2]
    assert levels[-1] == REUSE_LEVELS


def test_of_equals_the_one_that_helped_several_people_stands_first(kb: KnowledgeBase) -> None:
    published(kb, solution("证书过期怎么办甲"))
    published(kb, solution("证书过期怎么办乙"))
    officer = actor(kb, "officer")
    before = [hit.number for hit in kb.search.find(officer, SearchRequest(words="登录提示证书过期")).hits]
    last = before[-1]
    kb.feedback.answer(actor(kb, "expert"), last, solved=True)
    assert kb.index.waiting() == 0
    kb.feedback.answer(actor(kb, "agent"), last, solved=True)
    kb.index.drain()
    after = [hit.number for hit in kb.search.find(officer, SearchRequest(words="登录提示证书过期")).hits]
    assert len(before) == 2
    assert after == before[::-1]
