# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene with a face, and whatever an animator or a script may do to it between two calls of ours."""

from pathlib import Path

import bpy  # first, for it makes NumPy importable
import numpy as np
from common import sound_named, use_worker
from harness import submodule

TEXTS = ("", " ", "x" * 5000, "/dev/null", "/dev/zero", "//line.flac", "/", "é\u2028🙂", "a\nb", "%s{0}", "\x1b[31m",
         "~", "..", "//../../..")  # fmt: skip
NUMBERS = (float("nan"), float("inf"), -float("inf"), -1, 0, 1, 2, 1e-30, 1e9, 3.7, -(2**31), 2**31 - 1, 250)
BEHAVIOURS = ("error", "refuse", "crash", "vanish", "chatter")
ACTIONS = ("mine", "mine too")
"""Of the artist's own."""


class Playground:
    """A scene with a face and the artist's own things, and everything that may be done to it."""

    def __init__(self, addon, inputs, rng):
        self.addon, self.inputs, self.rng = addon, inputs, rng
        self.session, self.pump = submodule(addon, "session"), submodule(addon, "pump")
        self.sounds = [inputs["audio"], *(sound_named(inputs, name) for name in BEHAVIOURS)]
        self.edits = [getattr(self, name) for name in dir(type(self)) if name.startswith("edit_")]

    def begin(self):
        """A new file: a face, a cube that moves, keys of the artist's own on the face, a driver, a strip."""
        self.session.forget()
        bpy.ops.wm.read_homefile(use_empty=True)
        bpy.context.preferences.edit.use_global_undo = True
        use_worker(self.addon, self.inputs["fake_python"])
        bpy.ops.mesh.primitive_cube_add()
        cube = bpy.context.object
        cube.keyframe_insert("location", frame=3)
        cube.driver_add("scale", 0).driver.expression = "1 + frame / 100"
        cube.animation_data.action.name, cube.name = ACTIONS[0], "mine"
        bpy.ops.styletalk.add_face()
        keys = bpy.context.object.data.shape_keys
        keys.key_blocks["exp_03"].keyframe_insert("value", frame=7)
        keys.animation_data.action.name = ACTIONS[1]
        keys.animation_data.action.use_fake_user = True
        keys.key_blocks["blink_L"].driver_add("value").driver.expression = "0.5"
        bpy.ops.ed.undo_push(message="begin")

    def face(self):
        faces = [
            each for each in bpy.data.objects if each.type == "MESH" and each.name != "mine" and each.library is None
        ]
        return self.rng.choice(faces) if faces else None

    def line(self):
        face = self.face()
        lines = face.styletalk.lines if face else ()
        return self.rng.choice(list(lines)) if len(lines) else None

    def edit_line_text(self):
        if line := self.line():
            name = self.rng.choice(("audio", "style_file", "words_file", "pose_file", "identity"))
            setattr(line, name, self.rng.choice(TEXTS if name == "identity" else (*TEXTS, *self.sounds)))

    def edit_line_sound(self):
        if line := self.line():
            line.audio = self.rng.choice((self.sounds[0], *self.sounds))

    def edit_line_number(self):
        if line := self.line():
            name, value = (
                self.rng.choice(("intensity", "sync_offset_ms", "seed", "start_frame")),
                self.rng.choice(NUMBERS),
            )
            setattr(
                line,
                name,
                value
                if name in ("intensity", "sync_offset_ms")
                else int(max(-(2**31), min(2**31 - 1, np.nan_to_num(value)))),
            )

    def edit_line_choice(self):
        if line := self.line():
            name = self.rng.choice(("style", "words", "pose", "start", "output", "edits"))
            setattr(line, name, self.rng.choice(line.bl_rna.properties[name].enum_items.keys()))

    def edit_pass(self):
        if face := self.face():
            settings, folder = face.styletalk_pass, str(Path(bpy.app.tempdir) / "passes")
            file = self.inputs["animation"]
            settings.photo = self.rng.choice((file, file, *TEXTS))
            settings.folder = self.rng.choice((folder, folder, file, "", "//passes"))
            settings.checkpoint, settings.watermark = self.rng.choice(TEXTS), self.rng.choice(TEXTS)
            settings.size, settings.mouth_amount = self.rng.choice((0, 1, 512)), self.rng.choice(NUMBERS)
            for name in ("renderer", "background", "file_type"):
                setattr(settings, name, self.rng.choice(settings.bl_rna.properties[name].enum_items.keys()))
            settings.scene_range = self.rng.random() < 0.5

    def edit_transcript(self):
        if line := self.line():
            line.transcript = bpy.data.texts.new("said")
            line.transcript.write(self.rng.choice(TEXTS))

    def edit_settings(self):
        if face := self.face():
            face.styletalk.active = int(self.rng.choice((-5, 0, 1, 2, 1000)))
            face.styletalk.version = self.rng.choice((0, 1, 2, 99))

    def edit_old_settings(self):
        if face := self.face():
            face.styletalk.audio, face.styletalk.intensity = (
                self.rng.choice((*self.sounds, *TEXTS)),
                self.rng.choice(NUMBERS),
            )
            face.styletalk.lines.clear()
            face.styletalk.property_unset("version")

    def edit_scene_time(self):
        render, scene = bpy.context.scene.render, bpy.context.scene
        render.fps, render.fps_base = self.rng.choice((1, 24, 30, 240, 32767)), self.rng.choice((1e-5, 0.5, 1.001, 1e6))
        scene.frame_start, scene.frame_end = self.rng.choice(((1, 250), (0, 1048574), (1048574, 1048574)))
        scene.frame_current = self.rng.choice((-1048574, -3, 0, 1, 1048574))
        if self.rng.random() < 0.7:
            render.fps, render.fps_base = 24, 1.0

    def edit_selection(self):
        objects = bpy.context.view_layer.objects
        objects.active = self.rng.choice((None, *objects))

    def usable(self):
        """Make a bake possible again: a face that can take one, active, with a line whose options are good."""
        if bpy.context.object and bpy.context.mode != "OBJECT":
            bpy.ops.object.mode_set(mode="OBJECT")
        objects, refusal = bpy.context.view_layer.objects, submodule(self.addon, "faces.targets").refusal
        faces = [each for each in objects if each.type == "MESH" and not refusal(each)]
        if not faces:
            bpy.ops.styletalk.add_face()
        objects.active = self.rng.choice(faces) if faces else bpy.context.object
        bpy.context.scene.render.fps, bpy.context.scene.render.fps_base = 24, 1.0
        for line in objects.active.styletalk.lines:
            line.audio, line.style, line.words, line.pose = (
                self.rng.choice((*self.sounds[:1] * 9, *self.sounds)),
                "sad",
                "AUTO",
                "none",
            )
            line.start, line.start_frame = "FRAME", self.rng.choice((-40, 1, 30, 60, 300))

    def edit_delete(self):
        found = [each for each in bpy.data.objects if each.name != "mine"]
        if found and self.rng.random() < 0.4:
            bpy.data.objects.remove(self.rng.choice(found))

    def edit_names(self):
        blocks = [
            each
            for each in (*bpy.data.objects, *bpy.data.meshes, *bpy.data.actions, *bpy.data.scenes)
            if not each.name.startswith("mine")
        ]
        self.rng.choice(blocks).name = self.rng.choice(("", "x" * 70, "é\u2028", "mine", "Talking Face", "a\nb"))

    def edit_key_blocks(self):
        face = self.face()
        keys = face.data.shape_keys if face else None
        if keys and len(keys.key_blocks) > 1:
            block = self.rng.choice(keys.key_blocks[1:])
            action = self.rng.randrange(5)
            if action == 0:
                block.name = self.rng.choice(("exp_00", "x", "é"))
            elif action == 1:
                face.shape_key_remove(block)
            elif action == 2:
                face.shape_key_clear()
            elif action == 3:
                block.slider_min, block.slider_max, block.mute = 0.0, 0.01, True
            else:
                keys.use_relative = not keys.use_relative

    def edit_mesh(self):
        if face := self.face():
            if self.rng.random() < 0.5:
                face.data = bpy.data.meshes.new("empty")
            else:
                bpy.data.objects.new("other", face.data)

    def edit_mode(self):
        if bpy.context.object:
            bpy.ops.object.mode_set(mode=self.rng.choice(("EDIT", "SCULPT", "OBJECT", "OBJECT")))

    def edit_copy(self):
        if face := self.face():
            copy = face.copy()
            copy.data = face.data.copy() if self.rng.random() < 0.5 else copy.data
            bpy.context.scene.collection.objects.link(copy)

    def edit_parents(self):
        if face := self.face():
            face.parent = self.rng.choice((None, None, bpy.data.objects.get("mine")))

    def edit_visible(self):
        if face := self.face():
            face.hide_set(self.rng.random() < 0.5)
            face.hide_viewport = self.rng.random() < 0.3
            bpy.context.view_layer.layer_collection.exclude = False

    def edit_nla(self):
        face = self.face()
        for owner in (face.data.shape_keys if face else None, face.parent if face else None):
            data = owner.animation_data if owner else None
            if data and data.nla_tracks:
                track = self.rng.choice(data.nla_tracks)
                track.mute, track.is_solo = self.rng.random() < 0.3, self.rng.random() < 0.3
                track.lock, track.name = self.rng.random() < 0.3, self.rng.choice(("StyleTalk", "x", "StyleTalk mine"))
                if track.strips and self.rng.random() < 0.5:
                    strip = self.rng.choice(track.strips)
                    strip.frame_start += self.rng.choice((-50, 3.5, 400))
                    strip.select = True
            if data and self.rng.random() < 0.2:
                data.use_tweak_mode = not data.use_tweak_mode

    def edit_actions(self):
        ours = [each for each in bpy.data.actions if "styletalk_line" in each]
        if ours:
            action = self.rng.choice(ours)
            if self.rng.random() < 0.4:
                bpy.data.actions.remove(action)
            else:
                action["styletalk_line"] = self.rng.choice(("", "x", 3, 2.5, [1, 2]))

    def edit_keys(self):
        """Keys of ours are changed by hand, and what we remember of them is damaged."""
        face = self.face()
        keys = face.data.shape_keys if face else None
        data = keys.animation_data if keys else None
        if data and data.action and "styletalk_line" in data.action and data.action.library is None:
            for curve in submodule(self.addon, "compat").action_fcurves(data)[:5]:
                if len(curve.keyframe_points) and self.rng.random() < 0.5:
                    self.rng.choice(list(curve.keyframe_points)).co[1] = self.rng.uniform(-1, 1)
                elif len(curve.keyframe_points):
                    curve.keyframe_points.remove(self.rng.choice(list(curve.keyframe_points)))
            if self.rng.random() < 0.3:
                data.action["styletalk_written"] = self.rng.choice((b"", b"x" * 99, 3, "x", [1.0, 2.0]))
        for block in (keys, face.parent if face else None):
            if block and self.rng.random() < 0.2:
                block["styletalk_before"] = self.rng.choice((3, "x", "[]", "{}", [1.0], '{"values": 3}'))

    def strip_names(self):
        editor = bpy.context.scene.sequence_editor
        return [strip.name for strip in submodule(self.addon, "compat").all_strips(editor)] if editor else []

    def edit_sound_strip(self):
        """A strip of the animator's is added, moved, trimmed, renamed or chosen by a line."""
        compat, scene = submodule(self.addon, "compat"), bpy.context.scene
        if not compat.has_sound() or scene.library is not None:
            return
        editor = scene.sequence_editor or scene.sequence_editor_create()
        if not len(compat.all_strips(editor)) or self.rng.random() < 0.2:
            name = self.rng.choice(("Talking Face: a", "b", *TEXTS[:3]))
            compat.strips(editor).new_sound(name, self.sounds[0], self.rng.randrange(1, 9), self.rng.randrange(1, 500))
        strip = self.rng.choice(compat.all_strips(editor))
        editor.active_strip, strip.select = strip, True
        change = self.rng.randrange(4)
        if change == 0:
            strip.frame_start += self.rng.choice((-50, 3, 400))
        elif change == 1:
            strip.frame_offset_start = self.rng.choice((0, 7, 100))
        elif change == 2:
            strip.name = self.rng.choice(("Talking Face_c", *TEXTS[:5]))
        elif line := self.line():
            line.start, line.strip = "STRIP", strip.name

    def edit_strips(self):
        for strip in (
            submodule(self.addon, "compat").all_strips(bpy.context.scene.sequence_editor)
            if bpy.context.scene.sequence_editor
            else ()
        ):
            strip.mute = not strip.mute
            strip.frame_start += self.rng.choice((-100, 7))
            if "styletalk_line" in strip and self.rng.random() < 0.2:
                strip["styletalk_line"] = self.rng.choice((3, "", [1.0]))

    def edit_marks(self):
        if face := self.face():
            for name in ("styletalk_id", "styletalk_id_name"):
                face[name] = self.rng.choice((3, "", "x" * 999, [1, 2], 0.5))
            if face.parent:
                face.parent["styletalk_rest"] = self.rng.choice((3, "x", [1.0], [float("nan")] * 6))

    def edit_undo(self):
        for _ in range(self.rng.choice((1, 1, 1, 2, 5))):
            self.rng.choice((bpy.ops.ed.undo, bpy.ops.ed.undo, bpy.ops.ed.redo))()

    def edit_scene(self):
        if self.rng.random() < 0.3:
            bpy.ops.scene.new(type=self.rng.choice(("NEW", "EMPTY", "LINK_COPY")))

    def edit_file(self):
        if self.rng.random() < 0.3:
            path = str(Path(self.inputs["folder"]) / "work.blend")
            bpy.ops.wm.save_as_mainfile(filepath=path)
            bpy.ops.wm.open_mainfile(filepath=path)

    def edit_linked(self):
        face = self.face()
        if face and self.rng.random() < 0.3:
            path = str(Path(self.inputs["folder"]) / f"library{self.rng.randrange(3)}.blend")
            if not Path(path).exists():
                bpy.data.libraries.write(path, {face})
            with bpy.data.libraries.load(path, link=self.rng.random() < 0.6) as (there, wanted):
                wanted.objects = there.objects[:1]
            for each in wanted.objects:
                bpy.context.scene.collection.objects.link(each)
                if each.library and self.rng.random() < 0.5:
                    each.override_create()
                bpy.context.view_layer.objects.active = each

    def edit_queue(self):
        """A bake in the background, and what the timer does."""
        face, line = self.face(), self.line()
        if face and line and line.id_data == face:
            self.session.start(bpy.context, face, line)
        for _ in range(self.rng.choice((1, 5, 40))):
            self.pump._tick()
