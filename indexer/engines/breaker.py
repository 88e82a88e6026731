"""Stops asking who does not answer, so that callers do not queue up behind them; it knows no server."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock


class Open(Exception):
    """Nothing was asked: the last calls failed, and it is too early to try again."""


class Breaker:
    """After ``tolerated`` failures in a row calls are refused for ``pause`` seconds; then one is let through. If that
    one succeeds all are let through again, else the next pause begins. Safe to use from several threads.
    """

    def __init__(
        self,
        is_failure: Callable[[BaseException], bool],
        tolerated: int = 3,
        pause: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._is_failure, self._tolerated, self._pause, self._clock = is_failure, tolerated, pause, clock
        self._lock = Lock()
        self._failures = 0
        self._until = 0.0

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around one call. Whatever it raises that is no failure was an answer too. Raises Open."""
        self._enter()
        try:
            yield
        except BaseException as error:
            (self._failed if self._is_failure(error) else self._succeeded)()
            raise
        self._succeeded()

    def _enter(self) -> None:
        with self._lock:
            if self._failures >= self._tolerated:
                if self._clock() < self._until:
                    raise Open
                self._until = self._clock() + self._pause  # for the others, while this one tries

    def _failed(self) -> None:
        with self._lock:
            self._failures += 1
            self._until = self._clock() + self._pause

    def _succeeded(self) -> None:
        with self._lock:
            self._failures = 0
