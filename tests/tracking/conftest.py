# SPDX-License-Identifier: Apache-2.0
"""Tests that see faces are skipped where MediaPipe is missing."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # face_films


def pytest_collection_modifyitems(items):
    try:
        import mediapipe  # noqa: F401
    except ImportError:
        skip = pytest.mark.skip(reason="needs mediapipe to see faces: pip install 'mediapipe<0.10.22'")
        for item in items:
            if "sees_faces" in item.fixturenames:
                item.add_marker(skip)


@pytest.fixture
def sees_faces():
    """Asked for by tests that need MediaPipe."""
