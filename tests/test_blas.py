# SPDX-License-Identifier: Apache-2.0
"""A NumPy that multiplies slowly is named, with what makes it fast; any other is not."""

import pytest

from styletalk.blas import SLOW_BLAS, slow_blas_note
from styletalk.cli.doctor import examine

DEBIAN = "7f00-7f01 r-xp 0 fe:00 1  /usr/lib/x86_64-linux-gnu/"


@pytest.mark.parametrize(
    ("loaded", "slow"),
    [
        (["blas/libblas.so.3.11.0", "lapack/liblapack.so.3.11.0"], True),
        (["blas/libcblas.so.3"], True),
        (["openblas-pthread/libblas.so.3", "openblas-pthread/libopenblasp-r0.3.21.so"], False),
        (["atlas/libblas.so.3.10.3"], False),
        (["blis-openmp/libblas.so.3"], False),
        (["../python/numpy.libs/libscipy_openblas64_-4b78795a.so"], False),
        (["libc.so.6"], False),
    ],
)
def test_which_libraries_are_slow(tmp_path, loaded, slow):
    maps = tmp_path / "maps"
    maps.write_text("".join(f"{DEBIAN}{name}\n" for name in loaded))
    assert slow_blas_note(maps) == (SLOW_BLAS if slow else "")


def test_a_system_that_does_not_say_is_not_accused(tmp_path):
    assert slow_blas_note(tmp_path / "nowhere") == ""


@pytest.mark.parametrize("note", ["", SLOW_BLAS])
def test_doctor_says_how_to_get_the_fast_one(monkeypatch, note):
    monkeypatch.setattr("styletalk.cli.doctor.slow_blas_note", lambda: note)
    (row,) = [row for row in examine() if row[0] == "matrix library"]
    assert row[2] == note
