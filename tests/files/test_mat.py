# SPDX-License-Identifier: Apache-2.0
"""Our reader of MATLAB files reads what SciPy writes and reads, and refuses the rest."""

import numpy as np
import pytest

from styletalk.files.mat import read_mat

scipy_io = pytest.importorskip("scipy.io")


@pytest.mark.parametrize("compressed", (True, False))
def test_numeric_tables_of_every_kind_come_back(tmp_path, compressed):
    generator = np.random.default_rng(0)
    tables = {
        kind: generator.normal(scale=50, size=shape).astype(kind)
        for kind, shape in zip(
            ("float64", "float32", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
            [(3, 5), (1, 1), (7, 2), (1, 9), (4, 4), (2, 3), (1, 1), (6, 1), (2, 2), (3, 3)],
            strict=True,
        )
    }
    tables["deep"] = generator.normal(size=(2, 3, 4))
    others = {"text": "hello", "cell": np.array(["a", 1], object), "complex": np.ones(3) * 1j, "record": {"a": 1}}
    scipy_io.savemat(tmp_path / "a.mat", {**tables, **others}, do_compression=compressed)
    read = read_mat(tmp_path / "a.mat")
    assert set(read) == set(tables)
    for name, values in tables.items():
        assert read[name].dtype == values.dtype
        np.testing.assert_array_equal(read[name], values)


@pytest.mark.shared
def test_sample_clips_read_as_scipy_reads_them(shared_dir):
    for path in sorted((shared_dir / "data" / "styletalk").glob("*/*.mat")):
        expected = scipy_io.loadmat(path)
        for name, values in read_mat(path).items():
            np.testing.assert_array_equal(values, expected[name])
        assert "coeff" in read_mat(path)


@pytest.mark.parametrize("keep", (0, 60, 128, 133, 140, 200, 800))
@pytest.mark.parametrize("compressed", (True, False))
def test_a_truncated_file_is_refused(tmp_path, keep, compressed):
    scipy_io.savemat(
        tmp_path / "a.mat", {"coeff": np.random.default_rng(0).normal(size=(20, 20))}, do_compression=compressed
    )
    (tmp_path / "b.mat").write_bytes((tmp_path / "a.mat").read_bytes()[:keep])
    if keep == 128:
        assert read_mat(tmp_path / "b.mat") == {}  # a whole file that holds nothing
    else:
        with pytest.raises(ValueError, match="MATLAB"):
            read_mat(tmp_path / "b.mat")
