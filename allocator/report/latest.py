"""A worker that answers the latest question only: what is asked meanwhile replaces what waits."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition, Thread
from typing import Generic, TypeVar

__all__ = ["Latest"]

Question = TypeVar("Question")


class Latest(Generic[Question]):
    """Runs `answer` for one question at a time, on a thread of its own.

    Whoever asks never waits, so that a slider that is dragged does not block; questions that were
    overtaken by a later one are dropped.

    Parameters
    ----------
    answer : callable
        Called with a question; it tells its own errors.

    Examples
    --------
    >>> answered = []
    >>> latest = Latest(answered.append)
    >>> latest.ask("first")
    >>> latest.wait()
    True
    >>> latest.ask("second")
    >>> latest.wait()
    True
    >>> answered
    ['first', 'second']
    """

    def __init__(self, answer: Callable[[Question], None]) -> None:
        self._answer = answer
        self._change = Condition()
        self._waiting: list[Question] = []
        self._thread: Thread | None = None

    def ask(self, question: Question) -> None:
        """Ask a question, instead of any that still waits."""
        with self._change:
            self._waiting = [question]
            if self._thread is None:
                self._begin()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to answer; whether that was in time."""
        with self._change:
            return self._change.wait_for(lambda: self._thread is None, timeout)

    def _begin(self) -> None:
        self._thread = Thread(target=self._work, args=(self._waiting.pop(),), daemon=True)
        self._thread.start()

    def _work(self, question: Question) -> None:
        try:
            self._answer(question)
        finally:  # a fault is told by the thread, and the next question is answered all the same
            with self._change:
                if self._waiting:
                    self._begin()
                else:
                    self._thread = None
                    self._change.notify_all()
