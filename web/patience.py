"""Calls what may hang, and waits for it only so long."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Patient(Generic[T]):
    """One thing to ask, by a thread of its own; while it hangs, nobody asks it again.

    The thread is a daemon: what never answers does not keep the process from ending either.
    """

    def __init__(self, ask: Callable[[], T], seconds: float) -> None:
        self._ask = ask
        self._seconds = seconds
        self._asking = threading.Lock()

    def __call__(self) -> T:
        """The answer. Raises what asking raises, and TimeoutError after so many seconds, or where it still hangs."""
        if not self._asking.acquire(timeout=self._seconds):
            raise TimeoutError
        answer: Future[T] = Future()
        threading.Thread(target=self._put, args=(answer,), name="patience", daemon=True).start()
        return answer.result(self._seconds)

    def _put(self, answer: "Future[T]") -> None:
        try:
            told = self._ask()
        except Exception as error:  # whatever it is belongs to whoever waits
            self._asking.release()
            answer.set_exception(error)
        else:
            self._asking.release()
            answer.set_result(told)
