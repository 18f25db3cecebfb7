# SPDX-License-Identifier: GPL-3.0-or-later
"""Saves a scene with a mesh “Hero” that has a mouth of two lips and the shape keys Jaw_Open and Hat, at PATH."""

import sys

import bpy


def lips():
    """Points of an upper and a lower lip, and the lower one's when the jaw is open."""
    across = [(x - 7) / 300 for x in range(15)]
    upper = [(x, -0.1, height) for height in (1.0, 1.01) for x in across]
    lower = [(x, -0.1, height) for height in (0.999, 0.989) for x in across]
    head = [(x, 0.1, 1.0 + x) for x in across]
    return [*upper, *lower, *head], [*upper, *((x, y, z - 0.03) for x, y, z in lower), *head]


if __name__ == "__main__":
    path = sys.argv[sys.argv.index("--") + 1]
    bpy.ops.wm.read_homefile(use_empty=True)
    rest, opened = lips()
    mesh = bpy.data.meshes.new("Hero")
    mesh.from_pydata(rest, [], [])
    hero = bpy.data.objects.new("Hero", mesh)
    bpy.context.scene.collection.objects.link(hero)
    hero.shape_key_add(name="Basis")
    for name, points in (("Jaw_Open", opened), ("Hat", rest)):
        key = hero.shape_key_add(name=name, from_mix=False)
        key.value = 0.0
        for point, place in zip(key.data, points, strict=True):
            point.co = place
    bpy.ops.wm.save_as_mainfile(filepath=path)
