# SPDX-License-Identifier: Apache-2.0
"""The miniature data set of the training's tests, and the portrait of those of the photoreal pass."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / name) for name in ("training", "photoreal")]
