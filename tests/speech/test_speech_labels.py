# SPDX-License-Identifier: Apache-2.0
"""Which recogniser is used, and what happens where it is not there."""

import pytest

from styletalk.errors import StyleTalkError
from styletalk.speech.recognition.words import make_recogniser


def test_an_unknown_recogniser_is_refused():
    with pytest.raises(StyleTalkError, match="no recogniser"):
        make_recogniser("parrot")
