# SPDX-License-Identifier: Apache-2.0
"""The NumPy engine in every Python that lies about, each with a NumPy of its own, and with nothing else to import."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from styletalk.networks.engine.inference import load_engine

REPOSITORY = Path(__file__).resolve().parents[2]
ALONE = """
import sys

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in {*sys.stdlib_module_names, "numpy", "styletalk"}:
            raise ImportError(f"{name} is not there")

sys.meta_path.insert(0, Nothing())
sys.path.insert(0, sys.argv[1])
import numpy as np
from pathlib import Path
from styletalk.networks.engine.inference import load_engine

known = np.load(sys.argv[3])
engine = load_engine(Path(sys.argv[2]))
code = engine.encode_style(known["clip"])
found = engine.coefficients(known["labels"], code)
print(engine.name, np.__version__, np.abs(code - known["code"]).max(), np.abs(found - known["expression"]).max())
"""


PYTHONS = [Path(sys.executable), *sorted(REPOSITORY.glob(".envs/*/bin/python")), Path("/usr/bin/python3")]
"""This one, those of the Blender environments, and the system's, which Debian's Blender uses."""


@pytest.fixture(scope="module")
def known(tmp_path_factory, tiny_file):
    """What torch makes of a clip and labels."""
    engine, random = load_engine(tiny_file, "torch", "cpu"), np.random.default_rng(0)
    clip, labels = random.normal(0, 0.5, (300, 64)).astype(np.float32), random.integers(0, 41, 400)
    code = engine.encode_style(clip)
    path = tmp_path_factory.mktemp("known") / "torch.npz"
    np.savez(path, clip=clip, labels=labels, code=code, expression=engine.coefficients(labels, code))
    return path


@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: path.parents[1].name)
def test_torchs_numbers_come_out_of_numpy_alone(python, known, tiny_file):
    asking = "import sys, numpy; assert sys.version_info >= (3, 10)"
    if not python.exists() or subprocess.run([python, "-c", asking], capture_output=True).returncode:
        pytest.skip(f"needs {python} with NumPy")
    command = [python, "-s", "-c", ALONE, REPOSITORY / "core", tiny_file, known]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    name, version, code, expression = done.stdout.split()
    assert name == "numpy", version
    assert float(code) < 1e-4, version
    assert float(expression) < 1e-4, version
