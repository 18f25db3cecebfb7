# SPDX-License-Identifier: Apache-2.0
"""The miniature data set of the training's tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "training"))
