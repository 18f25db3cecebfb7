# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/warm_blender.py says where a bake's time went. How long anything takes is not tested."""

import pytest
from hosts import CHECKOUT, hosts

pytestmark = pytest.mark.blender
HOST = next((host for host in reversed(hosts()) if not host.reason), None)


@pytest.mark.skipif(HOST is None, reason="no Blender here")
def test_every_column_is_a_line_whose_stages_are_its_whole(line, animation_file, fake_python, tmp_path):
    columns = ["style=happy", "recogniser=heard,style=sad"]
    arguments = [line, *(word for column in columns for word in ("--with", column)), "--worker-python", fake_python]
    script = CHECKOUT / "scripts" / "warm_blender.py"
    done = HOST.run(script, [*arguments, "--rounds", 2], tmp_path, FAKE_ANIMATION=str(animation_file))
    assert done.returncode == 0, done.stdout + done.stderr
    heads, _, *rows = [row.strip("| ").split(" | ") for row in done.stdout.splitlines() if row.startswith("|")]
    assert heads == [f"{columns[0]}, first use", *columns]
    seconds = {name: [float(value) for value in values] for name, *values in rows}
    whole = list(seconds).index("whole")
    stages = list(seconds.values())[:whole]
    assert {"starting the worker", "write F-curves"} <= set(list(seconds)[:whole])
    assert [sum(column) for column in zip(*stages, strict=True)] == pytest.approx(seconds["whole"], abs=0.02)
