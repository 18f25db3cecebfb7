# SPDX-License-Identifier: Apache-2.0
"""One worker answers every message, damaged or whole, and lives (a short run, always the same)."""

import sys

import pytest

if sys.platform != "linux":
    pytest.skip("looks at the worker's memory in /proc", allow_module_level=True)
import messages


def test_the_worker_answers_each_message_and_lives(tmp_path):
    kinds, fell = messages.fuzz(20, 200, tmp_path)
    assert fell == [] and kinds["result"] > 0 and kinds.total() > 100
