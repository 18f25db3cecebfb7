# SPDX-License-Identifier: Apache-2.0
"""The worker's pass: a request made of a message, and the file that says what came of it."""

import json

import pytest

from styletalk.errors import StyleTalkError
from styletalk.photoreal.worker_pass import request_of, write_pass
from styletalk.progress import silent


def test_the_answer_says_where_the_pictures_are(renderers, portrait_file, line, tmp_path):
    frames, output = tmp_path / "new" / "p_###.png", tmp_path / "pass.json"
    options = {"fps": 25, "first": 3, "last": 5, "background": "keep", "watermark": "Test"}
    (tmp_path / "new").mkdir()
    request = request_of(str(line[0]), str(portrait_file), str(frames), options)
    assert write_pass(request, output, silent) == (3, "The photo is small.")
    said = json.loads(output.read_text())
    assert said == {"folder": str(tmp_path / "new"), "files": ["p_003.png", "p_004.png", "p_005.png"], "first": 3,
                    "first_frame": -3, "made": 3, "kept": 0}  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == said["files"]
    write_pass(request, output, silent)
    assert json.loads(output.read_text())["kept"] == 3


@pytest.mark.parametrize(
    ("frames", "options"),
    [("f.mp4", {}), ("f_##.png", {"first": 1}), ("f_##.png", {"size": True}), ("f_##.png", {"size": 1.5}),
     ("f_##.png", {"fps": "fast"}), ("f_##.png", {"unknown": 1}), ("f_##.png", {"background": "#12"}),
     ("f_##.png", {"renderer": "neural"}), ("f_##.png", {"device": "tpu"})],
)  # fmt: skip
def test_a_wrong_message_is_refused_before_its_turn(frames, options):
    with pytest.raises(StyleTalkError):
        request_of("a.npz", "p.npz", frames, options)
