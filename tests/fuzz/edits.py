# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside Blender: random edits by hand, re-bakes, undos, saves, reloads and reverts of a face with two lines.

The promise: a key that was changed, added or moved by hand is there to the bit, one that was deleted stays away, and
curves of the animator's own are as they were, whatever is baked, undone or opened; where edits are replaced, the former
take has them; Revert brings back what was there before the first bake. What must be there is kept here, by itself.
"""

import contextlib
import copy
import dataclasses
import faulthandler
import io
import json
import random
import sys
import traceback
from collections import Counter
from pathlib import Path

import bpy  # first, for it makes NumPy importable
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "blender" / "inside"))
from harness import arguments, end, install, submodule

STEPS_A_SCENE = 40
MOST_UNDONE = 12
KEYS = ("exp_00", "exp_05", "exp_30", "blink_L")
"""Shape keys that are edited; the neck is, too."""
OWN = "Mine"
NEAR = 0.1
"""Keys are never put nearer to another one."""
POINTS = 14


class Sequence:
    """A face, and what must be found on it. edits: (line, block, path, index) → its hand's keys, and frames without."""

    def __init__(self, addon, inputs, rng, folder):
        self.addon, self.rng, self.folder = addon, rng, folder
        self.nla, self.compat = submodule(addon, "baking.nla"), submodule(addon, "compat")
        self.session = submodule(addon, "session")
        self.animation = submodule(addon, "styletalk.animation").FaceAnimation.load(Path(inputs["animation"]))
        self.steps = [getattr(self, name) for name in dir(type(self)) if name.startswith("step_")]

    def begin(self):
        """A new file with a small face, the animator's own action on it, and two lines."""
        bpy.ops.wm.read_homefile(use_empty=True)
        bpy.context.preferences.edit.use_global_undo = True
        bpy.context.preferences.edit.undo_steps = 60
        face = small_face(self.addon, self.rng)
        add_line = submodule(self.addon, "data.lines").add_line
        for number in range(2):
            line = add_line(face)
            line.start, line.start_frame = "FRAME", 1 + 70 * number
        keys = face.data.shape_keys
        keys.key_blocks["exp_07"].value = 0.25
        if self.rng.random() < 0.6:
            keys.key_blocks[self.rng.choice((OWN, "exp_07"))].keyframe_insert("value", frame=5)
            keys.animation_data.action.name = "theirs"
        bpy.context.view_layer.update()
        self.model = {"edits": {}, "own": {}, "baked": [], "before": None}
        self.takes = {}
        self.model["before"] = state_of(face)
        bpy.ops.ed.undo_push(message="begin")
        self.history, self.place = [copy.deepcopy(self.model)], 0

    @property
    def face(self):
        return next(each for each in bpy.data.objects if each.type == "MESH")

    def lines(self):
        """(number, line) of those that are baked."""
        return [(number, self.face.styletalk.lines[number]) for number in self.model["baked"]]

    def blocks(self):
        return {"keys": self.face.data.shape_keys, "neck": self.face.parent}

    def curves(self, number, block):
        action = self.nla.action_of(self.blocks()[block], self.face.styletalk.lines[number].identity)
        found = self.compat.own_fcurves(action) or () if action is not None else ()
        return action, {(curve.data_path, curve.array_index): curve for curve in found}

    def some_curve(self):
        """A curve of a baked line that edits may come to, with its entry in the model; None where there is none."""
        if not self.model["baked"]:
            return None
        number, block = self.rng.choice(self.model["baked"]), self.rng.choice(("keys", "keys", "neck"))
        action, curves = self.curves(number, block)
        names = [which for which in curves if block == "neck" or any(f'"{key}"' in which[0] for key in KEYS)]
        if not names:
            return None
        which = self.rng.choice(names)
        entry = self.model["edits"].setdefault((number, block, *which), {"hand": {}, "gone": []})
        return curves[which], entry, float(action["styletalk_origin"])

    def step_bake(self):
        """A first bake, or another one: other values, few keys or many, another cross-fade, another frame."""
        number = self.rng.randrange(2)
        line, rng = self.face.styletalk.lines[number], self.rng
        line.lips_mm, line.edit_fade = rng.choice((0.0, 0.0, 0.25, 0.5)), rng.choice((0, 1, 3, 8))
        line.edits = "REPLACE" if rng.random() < 0.08 else "KEEP"
        line.output = rng.choice(("AUTO", "AUTO", "NLA", "ACTION", "INTO"))
        if rng.random() < 0.2:
            line.start_frame += rng.choice((-7, 5, 30))
        former = {block: self.curves(number, block)[0] for block in self.blocks()}
        gain = rng.uniform(0.3, 1.2)
        animation = dataclasses.replace(self.animation, coefficients=gain * self.animation.coefficients)
        self.session.bake_line(bpy.context.scene, self.face, line, animation, line.start_frame)
        if line.edits == "REPLACE":
            for which in [each for each in self.model["edits"] if each[0] == number]:
                if former[which[1]] is not None:
                    assert former[which[1]].use_fake_user, "edits were replaced and their take is not kept"
                del self.model["edits"][which]
        if number not in self.model["baked"]:
            self.model["baked"].append(number)

    step_bake_again = step_bake_once_more = step_bake

    def step_change(self):
        found = self.some_curve()
        if found is None or not len(found[0].keyframe_points):
            return
        curve, entry, origin = found
        at = self.rng.randrange(len(curve.keyframe_points))
        point = curve.keyframe_points[at]
        rise = self.rng.choice((-1.5, 0.125, 2.25))
        point.co[1], point.handle_left[1], point.handle_right[1] = (
            value + rise for value in (point.co[1], point.handle_left[1], point.handle_right[1])
        )
        curve.update()
        note(entry, origin, curve.keyframe_points[at])

    step_change_again = step_change

    def step_retype(self):
        found = self.some_curve()
        if found is None or not len(found[0].keyframe_points):
            return
        curve, entry, origin = found
        at = self.rng.randrange(len(curve.keyframe_points))
        point = curve.keyframe_points[at]
        kinds = [each for each in ("CONSTANT", "BEZIER", "SINE", "LINEAR") if each != point.interpolation]
        point.interpolation = self.rng.choice(kinds)
        if self.rng.random() < 0.5:
            point.handle_left_type = point.handle_right_type = "FREE"
            point.handle_right[1] += 0.75
        curve.update()
        note(entry, origin, curve.keyframe_points[at])

    def step_add(self):
        found = self.some_curve()
        if found is None or len(found[0].keyframe_points) < 2:
            return
        curve, entry, origin = found
        frames = np.array([point.co[0] for point in curve.keyframe_points])
        frame = float(np.float32(self.rng.uniform(frames[0], frames[-1])))
        if np.abs(frames - frame).min() > NEAR and all(abs(frame - origin - gone) > NEAR for gone in entry["gone"]):
            curve.keyframe_points.insert(frame, self.rng.uniform(-1, 1))
            curve.update()
            point = min(curve.keyframe_points, key=lambda each: abs(each.co[0] - frame))
            note(entry, origin, point)

    def step_delete(self):
        found = self.some_curve()
        if found is None or len(found[0].keyframe_points) < 4:
            return
        curve, entry, origin = found
        point = self.rng.choice(list(curve.keyframe_points))
        frame = point.co[0] - origin
        curve.keyframe_points.remove(point)
        curve.update()
        forget(entry, frame)

    def step_move(self):
        found = self.some_curve()
        if found is None or len(found[0].keyframe_points) < 4:
            return
        curve, entry, origin = found
        at = self.rng.randrange(len(curve.keyframe_points) - 1)
        point, after = curve.keyframe_points[at], curve.keyframe_points[at + 1]
        shift = (after.co[0] - point.co[0]) * 0.4
        if shift > NEAR:
            forget(entry, point.co[0] - origin)
            for name in ("co", "handle_left", "handle_right"):
                getattr(point, name)[0] += shift
            curve.update()
            note(entry, origin, curve.keyframe_points[at])

    def step_own(self):
        """The animator keys a channel of theirs while our action is the active one."""
        if not self.model["baked"]:
            return
        number = self.rng.choice(self.model["baked"])
        action, curves = self.curves(number, "keys")
        path, origin = f'key_blocks["{OWN}"].value', float(action["styletalk_origin"])
        curve = curves.get((path, 0)) or self.compat.own_fcurves(action).new(data_path=path, index=0)
        frame = float(self.rng.randrange(3, 40)) + origin
        curve.keyframe_points.insert(frame, self.rng.random())
        curve.update()
        self.model["own"][number] = sorted((point.co[0] - origin, point.co[1]) for point in curve.keyframe_points)

    def step_follow(self):
        """The sound strip of a line was moved."""
        for number, line in self.lines()[:1]:
            action, _ = self.curves(number, "keys")
            origin = action["styletalk_origin"] + self.rng.choice((-11, 4, 25))
            for block in self.blocks().values():
                self.nla.move(block, line.identity, origin)

    def step_names(self):
        self.face.name = self.rng.choice(("Anna", "é", "x" * 60))
        for number, _ in self.lines():
            self.curves(number, "keys")[0].name = self.rng.choice(("take", "theirs", "y" * 60))

    def step_revert(self):
        if self.rng.random() < 0.4 and self.model["baked"]:
            names = {each.name for each in bpy.data.actions}
            bpy.context.view_layer.objects.active = self.face
            assert bpy.ops.styletalk.revert() == {"FINISHED"}
            bpy.context.view_layer.update()
            self.model.update(edits={}, own={}, baked=[])
            found, wanted = state_of(self.face), self.model["before"]
            other = {name: (found[name], wanted[name]) for name in wanted if found[name] != wanted[name]}
            assert not other, f"after Revert: {other}"
            assert names <= {each.name for each in bpy.data.actions}, "a take was lost"

    def step_undo(self):
        for _ in range(self.rng.choice((1, 1, 2, 4))):
            if self.place > max(0, len(self.history) - MOST_UNDONE):
                bpy.ops.ed.undo()
                self.place -= 1
        self.model = copy.deepcopy(self.history[self.place])

    def step_redo(self):
        while self.place < len(self.history) - 1 and self.rng.random() < 0.7:
            bpy.ops.ed.redo()
            self.place += 1
        self.model = copy.deepcopy(self.history[self.place])

    def step_file(self):
        path = str(self.folder / "work.blend")
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.open_mainfile(filepath=path)
        bpy.ops.ed.undo_push(message="opened")
        self.history, self.place = [copy.deepcopy(self.model)], 0

    def make(self, step):
        """One step, as Blender's window makes it, and what must hold then."""
        step()
        self.check()
        if step.__name__ not in ("step_undo", "step_redo", "step_file"):
            bpy.ops.ed.undo_push(message=step.__name__)
            self.history = [*self.history[: self.place + 1], copy.deepcopy(self.model)]
            self.place += 1

    def check(self):
        """Every key of the hand to the bit, no key where one was deleted, own curves as they were; and all is told."""
        told = {number: set() for number in self.model["baked"]}
        for number, line in self.lines():
            target = submodule(self.addon, "faces.targets").target_of(self.face)
            edits = submodule(self.addon, "baking.hand_edits").hand_edits(target.blocks(), line.identity)
            told[number] = {(channel.owner.name, channel.data_path, channel.index) for channel in edits.channels}
        for (number, block, *which), entry in self.model["edits"].items():
            action, curves = self.curves(number, block)
            origin, curve = float(action["styletalk_origin"]), curves.get(tuple(which))
            found = {round(point.co[0] - origin, 2): point_of(point) for point in curve.keyframe_points}
            for frame, wanted in entry["hand"].items():
                assert found.get(frame) == wanted[0], f"{which} at {frame}: {found.get(frame)}, not {wanted[0]}"
            back = [frame for frame in entry["gone"] if frame in found]
            assert not back, f"{which}: keys that were deleted are back on {back}"
            if entry["hand"] or entry["gone"]:
                owner = self.blocks()[block].name
                assert (owner, *which) in told[number], f"{which} was edited, and that is not told"
        for number, wanted in self.model["own"].items():
            action, curves = self.curves(number, "keys")
            origin = float(action["styletalk_origin"])
            curve = curves[f'key_blocks["{OWN}"].value', 0]
            found = [(point.co[0] - origin, point.co[1]) for point in curve.keyframe_points]
            assert np.allclose(found, wanted, atol=1e-3), f"own curve {found}, not {wanted}"


def note(entry, origin, point):
    """The key is the hand's from now on. was_baked: whether a bake had written one there."""
    frame = round(point.co[0] - origin, 2)
    was_baked = entry["hand"].get(frame, (None, frame == round(frame)))[1]
    entry["hand"][frame] = (point_of(point), was_baked)


def forget(entry, frame):
    """The key that was there is none any more."""
    frame = round(frame, 2)
    _, was_baked = entry["hand"].pop(frame, (None, True))
    if was_baked:
        entry["gone"].append(frame)


def point_of(point):
    """What of a key must stay to the bit."""
    free = point.handle_right_type == "FREE" and round(point.handle_right[1] - point.co[1], 4)
    return (point.co[1], point.interpolation, free)


def small_face(addon, rng):
    """A mesh with a talking face's shape keys and few points, on a neck."""
    open_face = submodule(addon, "faces.open_face")
    mesh = bpy.data.meshes.new("face")
    generator = np.random.default_rng(rng.randrange(1 << 30))
    mesh.from_pydata(
        generator.uniform(-0.1, 0.1, (POINTS, 3)).tolist(), [], [(k, k + 1, k + 2) for k in range(POINTS - 2)]
    )
    face, neck = bpy.data.objects.new("face", mesh), bpy.data.objects.new("neck", None)
    for each in (face, neck):
        bpy.context.scene.collection.objects.link(each)
    face.parent, neck[open_face.ROLE_MARK], face[open_face.FACE_MARK] = neck, open_face.NECK, "1"
    neck.location = (0.0, 0.25, 1.5)
    face.shape_key_add(name="Basis", from_mix=False)
    for name in (*open_face.NEEDED_KEYS, OWN):
        key = face.shape_key_add(name=name, from_mix=False)
        key.value = 0.0
        key.data.foreach_set("co", generator.uniform(-0.1, 0.1, 3 * POINTS).astype(np.float32))
    face.select_set(True)
    bpy.context.view_layer.objects.active = face
    return face


def state_of(face):
    """What Revert brings back; the animator's own slider is theirs to move."""
    found = {}
    for name, owner in (("keys", face.data.shape_keys), ("neck", face.parent)):
        data = owner.animation_data
        found[f"{name} tracks"] = [(track.name, len(track.strips)) for track in data.nla_tracks] if data else []
        found[f"{name} action"] = data is not None and data.action is not None
    for key in face.data.shape_keys.key_blocks:
        value = 0.0 if key.name == OWN else round(key.value, 5)
        found[key.name] = (value, key.slider_min, key.slider_max)
    for name in ("location", "rotation_euler", "rotation_mode"):
        value = getattr(face.parent, name)
        found[name] = value if isinstance(value, str) else [round(each, 5) for each in value]
    return found


def run(inputs, verdict):
    """As many steps as are asked for; after each scene, what came of them and what fell is written."""
    addon, counts, fell, scene = install(Path(inputs["zip"])), Counter(), [], 0
    while sum(counts.values()) < inputs["calls"]:
        rng = random.Random(f"edits:{inputs['seed']}:{scene}")
        sequence, made = Sequence(addon, inputs, rng, Path(inputs["folder"])), []
        sequence.begin()
        for _ in range(STEPS_A_SCENE):
            step = rng.choice(sequence.steps)
            made.append(step.__name__)
            print(step.__name__, file=sys.stderr, flush=True)  # what a Blender that dies was at
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    sequence.make(step)
                counts[step.__name__.removeprefix("step_")] += 1
            except Exception:
                fell.append(f"scene {scene}, after {made}: {traceback.format_exc()[-1500:]}")
                break
        scene += 1
        verdict.write_text(
            json.dumps({"version": bpy.app.version_string, "counts": dict(sorted(counts.items())), "fell": fell})
        )
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.preferences.addon_disable(module=addon)


if __name__ == "__main__":
    faulthandler.enable()
    run(json.loads(Path(arguments()[0]).read_text()), Path(arguments()[1]))
    print("all calls were made")
    end()
