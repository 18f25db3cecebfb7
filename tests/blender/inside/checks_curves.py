# SPDX-License-Identifier: GPL-3.0-or-later
"""Few keys with handles. Each check gets a fresh, empty scene; its docstring says what must hold."""

from pathlib import Path

import bpy
import numpy as np
from common import bake, core_samples, curves_of, first_line, mesh_now, new_face
from harness import submodule

LIPS_MM, OTHERS_MM = 1.0, 1.5
SLACK_MM = 0.3
"""Vertices lie between the points that are looked at."""


def check_few_keys(addon, inputs):
    """With a key error the curves have fewer keys, with handles, and Blender draws what core meant by them."""
    face = new_face()
    line = first_line(face)
    line.lips_mm = LIPS_MM
    bpy.context.scene.render.fps = 60
    report = bake(addon, inputs, face, audio=False)
    samples, expected = core_samples(addon, inputs)
    every = report.curves * len(expected)
    assert report.keys < 0.5 * every, f"{report.keys} of {every}"
    assert "lips within" in report.done
    curves = list(curves_of(addon, face.data.shape_keys))
    assert (
        sum(len(curve.keyframe_points) for curve in curves)
        + sum(len(curve.keyframe_points) for curve in curves_of(addon, face.parent))
        == report.keys
    )
    for curve in curves:
        for point in curve.keyframe_points:
            assert (point.interpolation, point.handle_left_type, point.handle_right_type) == (
                "BEZIER", "ALIGNED", "ALIGNED",
            ), curve.data_path  # fmt: skip
    lips = submodule(addon, "faces.probes").Probes.of(face, _deltas(addon, face)).lips
    assert len(lips) > 10
    worst = _worst_mm(face, expected, report.first_frame)
    assert worst[lips].max() <= LIPS_MM, worst[lips].max()
    skin = ~_inside_mouth(face)
    assert worst[skin].max() <= OTHERS_MM + SLACK_MM, worst[skin].max()
    assert np.ptp(expected, axis=0).max() > 0.002 and len(samples.times_s) > 60


def check_a_quick_bake_says_that_it_is_one(addon, inputs):
    """A bake of Live has more keys than one that takes its time, and says how to get that."""
    face = new_face()
    line, session = first_line(face), submodule(addon, "session")
    line.lips_mm, line.audio = 0.25, ""
    animation = submodule(addon, "styletalk.animation").FaceAnimation.load(Path(inputs["animation"]))
    quick, thorough = (
        session.bake_line(bpy.context.scene, face, line, animation, 1, in_haste=in_haste) for in_haste in (True, False)
    )
    assert quick.keys > thorough.keys, (quick.keys, thorough.keys)
    assert "press Bake for fewer keys" in str(quick) and "quick" not in str(thorough)


def check_few_keys_where_shapes_have_names(addon, inputs):
    """On ARKit keys of our own head and on a character a line has few keys; lips are as near to the line with a key on
    every frame as was asked for, all else half a millimetre, and shut lips stay shut."""
    said = []
    for make in (lambda: new_face(keys="ARKIT"), lambda: _hero(addon)):
        bpy.ops.wm.read_homefile(use_empty=True)
        face = make()
        line, spoken = first_line(face), {**inputs, "animation": inputs["spoken"]}
        line.lips_mm = 0.0
        every = bake(addon, spoken, face, audio=False)
        wanted = _shown(face, every)
        line.lips_mm = 0.25
        report = bake(addon, spoken, face, audio=False)
        assert report.keys < 0.26 * every.keys, f"{report.keys} of {every.keys}"
        assert f"in place of {every.keys:,}" in report.summary, report.summary
        seen, millimetres = _shown(face, report), 1032.0  # for the open face's mouth is 48.5 mm wide
        off = millimetres * np.linalg.norm(seen - wanted, axis=2).max(axis=0)
        names = [key.name for key in face.data.shape_keys.key_blocks][1:]
        lips = submodule(addon, "faces.probes").Probes.of(face, _deltas(addon, face, names)).lips
        assert off[lips].max() <= 0.25 + 1e-3, (face.name, off[lips].max(), report.done)
        assert off[~_inside_mouth(face)].max() <= 0.5 + 0.05, off[~_inside_mouth(face)].max()
        shut = _shut(addon, spoken)[::2]
        parted = [_lips_apart_mm(addon, each)[shut] for each in (seen, wanted)]
        assert len(parted[0]) > 3 and np.abs(parted[0] - parted[1]).max() < 0.1, parted
        said.append(f"{report.keys / every.keys:.0%}, lips {off[lips].max():.2f} mm, all {off.max():.2f} mm")
    return "; ".join(said)


def _hero(addon):
    from checks_characters import character

    hero = character(addon)
    bpy.ops.styletalk.use_character()
    return hero


def _shown(face, report):
    """(N, V, 3) of the evaluated mesh, every second frame."""
    found = []
    for frame in range(report.first_frame, report.last_frame + 1, 2):
        bpy.context.scene.frame_set(frame)
        found.append(mesh_now(face))
    return np.array(found)


def _shut(addon, inputs):
    """(N,) bool: on which frames P, B and M have the lips shut, from the line's first one."""
    resample, keys = submodule(addon, "styletalk.motion.resample"), submodule(addon, "styletalk.motion.keys")
    animation = submodule(addon, "styletalk.animation").FaceAnimation.load(Path(inputs["animation"]))
    samples = resample.scene_samples(animation, 24, first_frame=resample.default_first_frame(animation, 24))
    return keys.shut_frames(animation, samples.times_s)


def _lips_apart_mm(addon, points):
    """(N,) how far the middle of the lips is apart."""
    model = submodule(addon, "styletalk.face.model").open_face()
    landmarks = submodule(addon, "styletalk.face.landmarks")
    marks = landmarks.landmark_positions(points, model.triangles, model.landmarks_mediapipe)
    return 1000.0 * (marks[:, 13, 1] - marks[:, 14, 1])


def check_zero_error(addon, inputs):
    """Without a key error there is a key on every frame, linear in between."""
    face = new_face()
    first_line(face).lips_mm = 0.0
    report = bake(addon, inputs, face, audio=False)
    assert report.keys == report.curves * (report.last_frame - report.first_frame + 1)
    points = next(iter(curves_of(addon, face.data.shape_keys))).keyframe_points
    assert {point.interpolation for point in points} == {"LINEAR"}


def _deltas(addon, face, names=tuple(f"exp_{k:02d}" for k in range(64))):
    return submodule(addon, "faces.probes").key_deltas(face.data.shape_keys, list(names))


def _worst_mm(face, expected, start):
    """(V,) the most that each vertex is off, millimetres."""
    worst = np.zeros(expected.shape[1])
    for offset in range(0, len(expected), 3):
        bpy.context.scene.frame_set(start + offset)
        worst = np.maximum(worst, 1000 * np.linalg.norm(mesh_now(face) - expected[offset], axis=1))
    return worst


def _inside_mouth(face):
    """(V,) bool: of the tongue, which has a tolerance of its own."""
    inside = np.zeros(len(face.data.vertices), bool)
    names = [material.name for material in face.data.materials]
    for polygon in face.data.polygons:
        if names and "tongue" in names[polygon.material_index]:
            inside[list(polygon.vertices)] = True
    return inside
