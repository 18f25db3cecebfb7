# SPDX-License-Identifier: GPL-3.0-or-later
"""Export for…: what other programs get plays as it was seen. Each check gets a fresh, empty scene."""

import csv
import dataclasses
import wave
from pathlib import Path

import addon_utils
import bpy
import numpy as np
from checks_characters import SHAPES, character, face_model, select
from common import add_line, bake, first_line, new_face, raises
from glb import Glb
from harness import submodule
from mathutils import Matrix
from mathutils.kdtree import KDTree

SCENES = {"UNITY": ".fbx", "UNREAL": ".fbx", "GLTF": ".glb", "USD": ".usdc", "ALEMBIC": ".abc"}
EVERY = 4
"""Frames that are compared: each so many."""
FIRST_ROWS, OTHER_ROWS = (3, 13), (20, 32)


def part(addon, inputs, rows):
    """Some rows of the animation, from the sound's beginning on."""
    animation = submodule(addon, "styletalk.animation").FaceAnimation.load(Path(inputs["animation"]))
    names = ("coefficients", "head_pose", "blinks", "gaze", "tongue", "upper", "phonemes")
    return dataclasses.replace(
        animation, first_row=0, intensity=None, **{name: getattr(animation, name)[slice(*rows)] for name in names}
    )


def two_lines(addon, inputs, face, audio=""):
    """Two lines with a rest between them, as NLA strips."""
    session, scene = submodule(addon, "session"), bpy.context.scene
    for rows, frame in ((FIRST_ROWS, 7), (OTHER_ROWS, 24)):
        line = first_line(face) if frame == 7 else add_line(addon, face)
        line.audio = audio
        session.bake_line(scene, face, line, part(addon, inputs, rows), frame)
        audio = ""
    assert len(face.data.shape_keys.animation_data.nla_tracks) > 0


def seen(meshes, addon):
    """{name: (N, V, 3)} of evaluated meshes in the world, and the frames, from the first key to the last."""
    recording, scene = submodule(addon, "exporting.recording"), bpy.context.scene
    found, frames = {}, recording.frames_of_lines(scene, meshes[0])
    before = scene.frame_current
    for place, share in frames.places():
        scene.frame_set(place, subframe=share)
        for mesh in meshes:
            found.setdefault(mesh.name, []).append(world_points(mesh))
    scene.frame_set(before)
    return {name: np.array(rows) for name, rows in found.items()}


def world_points(mesh):
    shown = mesh.evaluated_get(bpy.context.evaluated_depsgraph_get())
    points = np.empty(3 * len(shown.data.vertices), np.float32)
    shown.data.vertices.foreach_get("co", points)
    world = np.array(shown.matrix_world)
    return points.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3]


def everything():
    """What there is in the file, and what is selected and shown."""
    kinds = ("objects", "meshes", "actions", "scenes", "shape_keys", "armatures", "materials", "sounds", "images")
    scene = bpy.context.scene
    return {
        **{kind: sorted(block.name for block in getattr(bpy.data, kind)) for kind in kinds},
        "slots": [(each.name, [slot.identifier for slot in getattr(each, "slots", ())]) for each in bpy.data.actions],
        "scene": (scene.name, scene.frame_current, scene.frame_start, scene.frame_end),
        "active": bpy.context.view_layer.objects.active.name,
        "selected": [each.name for each in bpy.context.view_layer.objects if each.select_get()],
        "values": [key.value for keys in bpy.data.shape_keys for key in keys.key_blocks],
        "places": [tuple(map(tuple, each.matrix_basis)) for each in bpy.data.objects],
        "used": sorted((keys.name, keys.animation_data.action and keys.animation_data.action.name,
                        [(strip.name, strip.frame_start, strip.frame_end, strip.action.name)
                         for track in keys.animation_data.nla_tracks for strip in track.strips])
                       for keys in bpy.data.shape_keys if keys.animation_data),
    }  # fmt: skip


def written(addon, inputs, name, **options):
    """The files that this Blender can write, by preset."""
    addon_utils.enable("io_scene_gltf2")
    addon_utils.enable("io_scene_fbx")
    form_of, found = submodule(addon, "exporting.formats").format_of, {}
    for preset, ending in SCENES.items():
        reason = form_of(preset).unavailable()
        assert not reason or preset in ("USD", "ALEMBIC"), reason
        if not reason:
            found[preset] = Path(inputs["folder"]) / f"{name}_{preset}{ending}"
            operator = getattr(bpy.ops.styletalk, f"export_{preset.lower()}")
            assert operator(filepath=str(found[preset]), with_sound=False, **options) == {"FINISHED"}
    return found


def worst_mm(preset, path, name, wanted):
    """How far a vertex of the file is from where it was seen, in any of the frames that are looked at."""
    if preset == "GLTF":
        return _worst_of_glb(path, name, wanted)
    bpy.ops.wm.read_homefile(use_empty=True)
    scene = bpy.context.scene
    scene.render.fps = 24
    if preset == "USD":
        bpy.ops.wm.usd_import(filepath=str(path))
    elif preset == "ALEMBIC":
        bpy.ops.wm.alembic_import(filepath=str(path), as_background_job=False)
    else:
        bpy.ops.import_scene.fbx(filepath=str(path))
    plain = name.replace(" ", "_")
    meshes = (
        each for each in bpy.data.objects if each.type == "MESH" and each.name.replace(" ", "_").startswith(plain)
    )
    mesh = next(each for each in meshes if len(each.data.vertices) == wanted.shape[1])
    first = 1 if path.suffix == ".fbx" else 0  # Blender's importer puts a file's beginning on frame 1
    found = []
    for frame in range(0, len(wanted), EVERY):
        scene.frame_set(first + frame)
        found.append(np.linalg.norm(world_points(mesh) - wanted[frame], axis=1).max())
    return 1000 * max(found)


def _worst_of_glb(path, name, wanted):
    """glTF has a vertex for each corner that differs: each is the one that it lies at in all frames."""
    file = Glb(path)
    node = file.node_of(name)
    assert abs(file.times_s()[0]) < 1e-6 and abs(file.times_s()[-1] - (len(wanted) - 1) / 24) < 1e-4
    rows = range(0, len(wanted), EVERY)
    points = np.stack([file.vertices(node, row / 24) for row in rows], axis=1)
    tree = KDTree(wanted.shape[1])
    for index, point in enumerate(wanted[0]):
        tree.insert(point, index)
    tree.balance()
    near = np.array([[index for _, index, _ in tree.find_n(point, 6)] for point in points[:, 0]])
    distance = np.linalg.norm(wanted[::EVERY][:, near].transpose(1, 2, 0, 3) - points[:, None], axis=3)
    return 1000 * distance.max(axis=2).min(axis=1).max()


def check_exports_play_what_was_seen(addon, inputs):
    """Two lines of the open face, as FBX, glTF, USD and Alembic, stand where they were seen to 0.15 mm at every vertex,
    all shapes between 0 and 1; and nothing of the user's is changed, not even a slider without a key."""
    face = new_face()
    two_lines(addon, inputs, face)
    scene = bpy.context.scene
    scene.frame_set(9)
    face.data.shape_keys.key_blocks["exp_03"].value = 1.23  # set by hand, and not keyed
    face.parent.parent.rotation_euler.z, face.parent.parent.location.x = 0.4, 0.2
    bpy.context.view_layer.update()
    wanted = seen([face], addon)[face.name]
    face.data.shape_keys.key_blocks["exp_03"].value = 1.23
    before = everything()
    files = written(addon, inputs, "face")
    now = everything()
    assert now == before, [key for key in before if before[key] != now[key]]
    found = {preset: worst_mm(preset, path, "Talking Face", wanted) for preset, path in files.items()}
    assert max(found.values()) < 0.15, found
    glb = Glb(files["GLTF"])
    node = glb.node_of("Talking Face")
    weights = np.array([glb.weights(node, time_s) for time_s in glb.times_s()])
    assert weights.min() > -1e-6 and weights.max() < 1 + 1e-6
    names = submodule(addon, "styletalk.face.arkit_names").ARKIT_NAMES
    assert tuple(glb.names(node)[:52]) == names
    return ", ".join(f"{preset} {value:.3f} mm" for preset, value in found.items())


def check_a_character_on_a_skeleton_is_exported(addon, inputs):
    """Its own keys, a bone that a constraint turns, the teeth that hang on nothing: all within 0.15 mm.
    Shape keys that a driver moves come along."""
    hero = character(addon)
    teeth = bpy.data.objects.new("Upper Teeth", bpy.data.meshes.new("Upper Teeth"))
    teeth.data.from_pydata([(0.01, -0.05, 0.1), (-0.01, -0.05, 0.1), (0, -0.05, 0.12)], [], [(0, 1, 2)])
    bpy.context.collection.objects.link(teeth)
    skeleton = _skeleton_of(hero)
    teeth.parent = skeleton
    select(hero)
    bpy.ops.styletalk.use_character()
    two_lines(addon, inputs, hero)
    driver = hero.data.shape_keys.key_blocks["browInnerUp"].driver_add("value").driver
    driver.expression = "frame / 50"
    bpy.context.scene.frame_set(12)
    wanted, before = seen([hero, teeth], addon), everything()
    files = written(addon, inputs, "hero")
    assert everything() == before
    found = {preset: worst_mm(preset, path, "Hero", wanted["Hero"]) for preset, path in files.items()}
    found["teeth"] = worst_mm("UNITY", files["UNITY"], "Upper Teeth", wanted["Upper Teeth"])
    assert max(found.values()) < 0.15, found
    assert "jawOpen" in Glb(files["GLTF"]).names(Glb(files["GLTF"]).node_of("Hero"))
    return ", ".join(f"{preset} {value:.4f} mm" for preset, value in found.items())


def _skeleton_of(hero):
    """Two bones, of which one copies the turns of a third, which is animated."""
    skeleton = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.collection.objects.link(skeleton)
    select(skeleton)
    bpy.ops.object.mode_set(mode="EDIT")
    for name, head, tail in (("Spine", (0, 0, -0.3), (0, 0, 0)), ("Head", (0, 0, 0), (0, 0, 0.2)),
                             ("Control", (0.5, 0, 0), (0.5, 0, 0.2))):  # fmt: skip
        bone = skeleton.data.edit_bones.new(name)
        bone.head, bone.tail = head, tail
    skeleton.data.edit_bones["Head"].parent = skeleton.data.edit_bones["Spine"]
    bpy.ops.object.mode_set(mode="OBJECT")
    copied = skeleton.pose.bones["Head"].constraints.new("COPY_ROTATION")
    copied.target, copied.subtarget, copied.target_space, copied.owner_space = skeleton, "Control", "LOCAL", "LOCAL"
    control = skeleton.pose.bones["Control"]
    control.rotation_mode = "XYZ"
    for frame, turn in ((1, 0.0), (20, 0.5), (40, -0.3)):
        control.rotation_euler = (turn / 2, turn, 0)
        control.keyframe_insert("rotation_euler", frame=frame)
    skeleton.matrix_world = Matrix.Translation((0.3, 0.1, 0.2)) @ Matrix.Rotation(0.5, 4, "Z") @ Matrix.Scale(1.5, 4)
    hero.parent = skeleton
    hero.modifiers.new("Rig", "ARMATURE").object = skeleton
    group = hero.vertex_groups.new(name="Head")
    group.add(range(len(hero.data.vertices)), 1.0, "REPLACE")
    return skeleton


def check_weights_and_controls_are_written(addon, inputs):
    """The CSV of Live Link Face has the weights that core makes of the same animation, at 30 rows a second, and its
    head; a MetaHuman's jaw is ARKit's."""
    face = new_face()
    session, animation = submodule(addon, "session"), part(addon, inputs, (0, 40))
    bpy.context.scene.render.fps = 30
    session.bake_line(bpy.context.scene, face, first_line(face), animation, 1)
    path = Path(inputs["folder"]) / "face.csv"
    assert bpy.ops.styletalk.export_live_link(filepath=str(path), whole_scene=True, with_sound=False) == {"FINISHED"}
    core = Path(inputs["folder"]) / "core.csv"
    submodule(addon, "styletalk.exports").write_live_link(animation, core)
    found, wanted = table_of(path), table_of(core)
    assert found[0] == wanted[0]
    rows = min(len(found[1]), len(wanted[1]))
    assert rows > 38 and np.abs(found[1][:rows] - wanted[1][:rows]).max() < 2e-3
    path = Path(inputs["folder"]) / "metahuman.csv"
    assert bpy.ops.styletalk.export_metahuman(filepath=str(path), whole_scene=True, with_sound=False) == {"FINISHED"}
    animation = path.with_suffix(".vrma")
    assert bpy.ops.styletalk.export_vrm_animation(filepath=str(animation), with_sound=False) == {"FINISHED"}
    assert b"VRMC_vrm_animation" in animation.read_bytes()
    rows = {row[0]: np.array(row[1:], float) for row in list(csv.reader(path.open()))[1:]}
    jaw = found[1][:, found[0].index("JawOpen") - 2]
    np.testing.assert_allclose(rows["CTRL_expressions_jawOpen"], jaw, atol=1e-5)


def table_of(path):
    header, *rows = csv.reader(path.open())
    return header, np.array([row[2:] for row in rows], float)


def check_the_sound_begins_with_the_clip(addon, inputs):
    """The wave file beside an export is silent until the line's sound begins, and lasts as long as the clip."""
    if not submodule(addon, "compat").has_sound():
        return "this Blender was built without sound"
    face = new_face()
    session = submodule(addon, "session")
    first_line(face).audio = inputs["audio"]
    animation = dataclasses.replace(part(addon, inputs, (0, 40)), first_row=-15)
    session.bake_line(bpy.context.scene, face, first_line(face), animation, 50)
    path = Path(inputs["folder"]) / "with_sound.csv"
    assert bpy.ops.styletalk.export_live_link(filepath=str(path)) == {"FINISHED"}
    with wave.open(str(path.with_suffix(".wav"))) as file:
        rate, channels = file.getframerate(), file.getnchannels()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, channels)[:, 0].astype(float)
    with wave.open(inputs["audio"]) as file:
        own_rate = file.getframerate()
        own = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    _, table = table_of(path)
    assert abs(len(samples) / rate - len(table) / 30) < 0.1
    lead = 10 / 24  # the face begins 0.4 s before its sound, on a whole frame
    loud = np.interp(np.arange(len(own)) / own_rate + lead, np.arange(len(samples)) / rate, samples)
    whole = slice(0, int(own_rate * (len(samples) / rate - lead)))
    assert np.corrcoef(loud[whole], own[whole])[0, 1] > 0.95


def check_the_recording_of_a_line_is_never_written_over(addon, inputs):
    """An export that bears the name of the line's own .wav, in its folder, leaves that as it is and says so."""
    if not submodule(addon, "compat").has_sound():
        return "this Blender was built without sound"
    recording, run = Path(inputs["folder"]) / "recorded.wav", submodule(addon, "exporting.run")
    recording.write_bytes(Path(inputs["audio"]).read_bytes())
    face = new_face()
    first_line(face).audio = str(recording)
    submodule(addon, "session").bake_line(bpy.context.scene, face, first_line(face), part(addon, inputs, (0, 40)), 1)
    live_link = next(form for form in submodule(addon, "exporting.formats").FORMATS if form.identifier == "LIVE_LINK")
    path = recording.with_suffix(".csv")
    report = run.export_face(bpy.context, face, live_link, path, run.ExportOptions(with_sound=True))
    assert path.is_file() and recording.read_bytes() == Path(inputs["audio"]).read_bytes()
    assert "recorded.wav is a sound of this file" in str(report.notes), report.notes


def check_a_sound_that_is_not_mixed_whole_is_said(addon, inputs):
    """Some builds of Blender mix 2,048 samples and say nothing: the face is written, no sound is left, and the report
    says so."""
    if not submodule(addon, "compat").has_sound():
        return "this Blender was built without sound"
    face, sound, run = new_face(), submodule(addon, "exporting.sound"), submodule(addon, "exporting.run")
    first_line(face).audio = inputs["audio"]
    submodule(addon, "session").bake_line(bpy.context.scene, face, first_line(face), part(addon, inputs, (0, 40)), 1)
    mixed, path = sound._mix_down, Path(inputs["folder"]) / "short.csv"
    live_link = next(form for form in submodule(addon, "exporting.formats").FORMATS if form.identifier == "LIVE_LINK")

    def mixes(count):
        def write(where):
            with wave.open(str(where), "wb") as file:
                file.setparams((2, 2, 48000, 0, "NONE", ""))
                file.writeframes(bytes(4 * count))

        return write

    for faulty, said in ((mixes(2048), "0.0 of 1."), (lambda where: where.write_bytes(b""), "0.0 of 1.")):
        sound._mix_down = faulty
        try:
            report = run.export_face(bpy.context, face, live_link, path, run.ExportOptions(with_sound=True))
        finally:
            sound._mix_down = mixed
        assert said in str(report.notes) and "No sound was written" in str(report.notes), report.notes
        assert path.is_file() and not path.with_suffix(".wav").exists()


def check_a_strip_of_the_animators_is_heard_in_an_export(addon, inputs):
    """A line that follows a strip of the animator's has its sound written too, and no other strip's."""
    compat, scene, face = submodule(addon, "compat"), bpy.context.scene, new_face()
    if not compat.has_sound():
        return "this Blender was built without sound"
    strips = compat.strips(scene.sequence_editor_create())
    for name, channel, frame in (("Theirs", 1, 10), ("Nobody's", 2, 10)):
        strips.new_sound(name, inputs["audio"], channel, frame)
    line = first_line(face)
    line.start, line.strip = "STRIP", "Theirs"
    bake(addon, inputs, face, frame=10)
    heard = submodule(addon, "baking.sound_strips").strips_of_face(scene, face)
    assert [strip.name for strip in heard] == ["Theirs"], heard
    path = Path(inputs["folder"]) / "their_sound.csv"
    assert bpy.ops.styletalk.export_live_link(filepath=str(path)) == {"FINISHED"}
    with wave.open(str(path.with_suffix(".wav"))) as file:
        assert np.abs(np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)).max() > 1000


def check_what_cannot_be_exported_says_why(addon, inputs):
    """No face, a face without a line, a build without the format: grey, with the reason."""
    run = submodule(addon, "exporting.run")
    forms = submodule(addon, "exporting.formats").FORMATS
    assert "Select a talking face" in run.refusal(bpy.context, None, forms[0])
    face = new_face()
    assert all("Bake a line first" in run.refusal(bpy.context, face, form) for form in forms)
    raises(lambda: bpy.ops.styletalk.export_gltf(filepath=str(Path(inputs["folder"]) / "no.glb")), "Bake a line first")
    two_lines(addon, inputs, face)
    for form in forms:
        usable = run.refusal(bpy.context, face, form)
        assert not usable or "made without" in usable or "is off" in usable or "not enabled" in usable, usable
    nowhere = Path(inputs["folder"]) / "nowhere" / "face.csv"
    raises(lambda: bpy.ops.styletalk.export_live_link(filepath=str(nowhere)), "Cannot write")
    assert not nowhere.parent.exists()


def check_a_take_goes_onto_a_character_as_it_is(addon, inputs):
    """A Live Link Face CSV moves the shapes of its names by its own numbers, at its own 60 rows a second."""
    names = [*SHAPES[:2], "mouthSmile", *SHAPES[3:]]
    hero = character(addon, names)
    both = hero.data.shape_keys.key_blocks
    rest = np.empty(3 * len(hero.data.vertices), np.float32)
    both["Basis"].data.foreach_get("co", rest)
    model, arkit = face_model(addon), submodule(addon, "styletalk.face.arkit_names").ARKIT_NAMES
    smile = model.arkit[arkit.index("mouthSmileLeft")] + model.arkit[arkit.index("mouthSmileRight")]
    both["mouthSmile"].data.foreach_set(
        "co", rest + np.stack([smile[:, 0], -smile[:, 2], smile[:, 1]], axis=1).ravel().astype(np.float32)
    )
    bpy.ops.styletalk.use_character()
    first_line(hero).lips_mm = 0.0
    bpy.context.scene.render.fps = 60
    path = Path(inputs["folder"]) / "take.csv"
    submodule(addon, "styletalk.exports").write_live_link(part(addon, inputs, (0, 40)), path, 60.0)
    header, table = table_of(path)
    bpy.context.scene.frame_set(11)
    assert bpy.ops.styletalk.bake_take(filepath=str(path)) == {"FINISHED"}
    worst = 0.0
    for row in range(0, len(table), 7):
        bpy.context.scene.frame_set(11 + row)
        for name in ("jawOpen", "mouthPucker", "browInnerUp", "eyeBlinkLeft"):
            worst = max(worst, abs(both[name].value - table[row, header.index(name[0].upper() + name[1:]) - 2]))
    assert worst < 1e-5, worst
    assert bpy.ops.styletalk.style_add(filepath=str(path)) == {"FINISHED"}  # and it is a style as well
    return f"worst {worst:.1e}"
