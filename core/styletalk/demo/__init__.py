# SPDX-License-Identifier: Apache-2.0
"""The bundled line of speech, and what becomes of it in Blender."""

from pathlib import Path

LINE = Path(__file__).with_name("line.wav")
TRANSCRIPT = Path(__file__).with_name("line.txt")
