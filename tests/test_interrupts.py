# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C stops the command line at once, but never in the middle of an import."""

import importlib
import signal
import time

import pytest

from styletalk.cli.interrupts import interrupts_outside_imports


def test_ctrl_c_during_an_import_takes_effect_after_it(tmp_path, monkeypatch):
    (tmp_path / "slow_part.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\nwhole = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    imported = []
    with pytest.raises(KeyboardInterrupt), interrupts_outside_imports():
        imported.append(importlib.import_module("slow_part").whole)
        for _ in range(1000):
            time.sleep(0.01)
    assert imported == [True]


def test_elsewhere_it_takes_effect_at_once_and_the_usual_handler_is_back_afterwards():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interrupts_outside_imports():
        signal.raise_signal(signal.SIGINT)
        pytest.fail("it went on")
    assert signal.getsignal(signal.SIGINT) is before


def test_a_handler_of_another_is_left_alone():
    heard = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        with interrupts_outside_imports():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]
