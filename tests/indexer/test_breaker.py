"""The breaker against a model: what is let through depends on the answers so far and on the time alone."""

from hypothesis import given
from hypothesis import strategies as st

from indexer.engines.breaker import Breaker, Open

TOLERATED, PAUSE = 3, 5.0


class Away(Exception):
    """The server does not answer."""


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def breaker(clock: Clock) -> Breaker:
    return Breaker(lambda error: isinstance(error, Away), TOLERATED, PAUSE, clock)


def call(subject: Breaker, error: Exception | None) -> str:
    try:
        with subject.asking():
            if error:
                raise error
    except Open:
        return "refused"
    except (Away, KeyError) as raised:
        return type(raised).__name__
    return "answered"


ANSWERS = st.sampled_from([None, Away(), KeyError()])


@given(st.lists(st.tuples(ANSWERS, st.floats(0, 2 * PAUSE))))
def test_only_failures_in_a_row_refuse_and_only_for_the_pause(calls: list[tuple[Exception | None, float]]) -> None:
    clock = Clock()
    subject, failures, until = breaker(clock), 0, 0.0
    for error, later in calls:
        outcome = call(subject, error)
        if failures >= TOLERATED and clock.now < until:
            assert outcome == "refused"
        else:
            assert outcome == (type(error).__name__ if error else "answered")
            failures = failures + 1 if isinstance(error, Away) else 0
            until = clock.now + PAUSE
        clock.now += later


def test_while_one_tries_the_others_are_refused() -> None:
    clock = Clock()
    subject = breaker(clock)
    for _ in range(TOLERATED):
        call(subject, Away())
    clock.now += PAUSE
    with subject.asking():
        assert call(subject, None) == "refused"
    assert call(subject, None) == "answered"


def test_one_that_never_comes_back_does_not_refuse_for_ever() -> None:
    clock = Clock()
    subject = breaker(clock)
    for _ in range(TOLERATED):
        call(subject, Away())
    clock.now += PAUSE
    hanging = subject.asking()
    hanging.__enter__()
    clock.now += PAUSE
    assert call(subject, None) == "answered"
    hanging.__exit__(None, None, None)
