# SPDX-License-Identifier: Apache-2.0
"""Work beside its caller: one result, one error, nothing left running."""

import threading

import pytest

from styletalk.background import MOST_AHEAD, Background, in_order
from styletalk.errors import Cancelled
from styletalk.progress import silent


def fail(_) -> None:
    raise ValueError("the work")


def test_the_result_is_that_of_the_work_in_another_thread():
    with Background(lambda _: threading.get_ident()) as job:
        assert job.result() != threading.get_ident()


def test_an_error_of_the_work_reaches_who_asks_for_its_result():
    with pytest.raises(ValueError, match="the work"), Background(fail) as job:
        job.result()


def test_an_error_of_the_work_stops_the_caller_at_the_next_sign_of_life():
    with pytest.raises(ValueError, match="the work"), Background(fail) as job:
        tell = job.raising_with(silent)
        while True:
            tell(0.5, "still at it")


def test_an_error_of_the_caller_is_raised_alone_and_the_work_is_over():
    finished = threading.Event()
    began = threading.Event()

    def work(_) -> None:
        began.set()
        finished.wait(0.05)
        finished.set()
        raise ValueError("the work")

    with pytest.raises(KeyError) as caught, Background(work):
        began.wait()
        raise KeyError("the caller")
    assert finished.is_set()
    assert caught.value.__context__ is None and caught.value.__cause__ is None


def test_work_whose_result_is_not_wanted_is_told_to_stop():
    stopped = threading.Event()

    def endless(progress) -> None:
        try:
            while True:
                progress(0.5, "still at it")
        except Cancelled:
            stopped.set()
            raise

    with pytest.raises(KeyError), Background(endless):
        raise KeyError("the caller")
    assert stopped.is_set()


def test_progress_passes_through_while_all_is_well():
    heard = []
    with Background(lambda _: threading.get_ident()) as job:
        job.result()
        job.raising_with(lambda fraction, stage: heard.append((fraction, stage)))(0.25, "words")
    assert heard == [(0.25, "words")]


def test_a_caller_that_waits_is_told_how_far_the_work_is_and_may_give_up():
    def endless(progress) -> None:
        while True:
            progress(0.5, "still at it")

    told = []

    def impatient(fraction: float, stage: str) -> None:
        told.append((fraction, stage))
        raise Cancelled("enough")

    with pytest.raises(Cancelled, match="enough"), Background(endless) as job:
        job.result(impatient)
    assert told == [(0.5, "still at it")]


def test_results_come_in_order_and_only_a_few_items_are_taken_ahead():
    taken: list[int] = []

    def items():
        for number in range(12):
            taken.append(number)
            yield number

    results = in_order(lambda number: number * number, items())
    for number in range(12):
        assert next(results) == number * number
        assert len(taken) <= number + 1 + MOST_AHEAD
    assert list(results) == []


def test_an_error_comes_at_its_turn_and_ends_the_threads():
    results = in_order(lambda number: 1 / (2 - number), range(5))
    before = threading.active_count()
    assert [next(results), next(results)] == [0.5, 1.0]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert threading.active_count() == before
