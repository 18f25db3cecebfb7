# SPDX-License-Identifier: GPL-3.0-or-later
"""Few keys with handles. Each check gets a fresh, empty scene; its docstring says what must hold."""

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


def check_zero_error(addon, inputs):
    """Without a key error there is a key on every frame, linear in between."""
    face = new_face()
    assert first_line(face).lips_mm == 0.0
    report = bake(addon, inputs, face, audio=False)
    assert report.keys == report.curves * (report.last_frame - report.first_frame + 1)
    points = next(iter(curves_of(addon, face.data.shape_keys))).keyframe_points
    assert {point.interpolation for point in points} == {"LINEAR"}


def _deltas(addon, face):
    keys = face.data.shape_keys
    return submodule(addon, "faces.probes").key_deltas(keys, [f"exp_{k:02d}" for k in range(64)])


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
        if "tongue" in names[polygon.material_index]:
            inside[list(polygon.vertices)] = True
    return inside
