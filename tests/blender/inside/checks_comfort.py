# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes the add-on pleasant: tooltips, other languages, the demo line, progress, preferences, ranges."""

import dataclasses
import importlib
import json
import re
from pathlib import Path
from types import SimpleNamespace

import bpy
from checks_panel import RecordedLayout, drawn
from common import add_line, all_strips, bake, first_line, new_face, poll_until, raises, sound_named, use_worker
from harness import submodule

SYMBOL = re.compile(r"[A-Z]{1,3}$|\d+ fps$|[a-z_]+$|STYLETALK_|StyleTalk|CharacterSettings|Face(Person|Settings)$")
"""Phonemes, rates, identifiers and names of classes, which no language changes."""


def registered(addon):
    return importlib.import_module(addon).registered_classes()


def check_every_control_says_what_it_does(addon, inputs):
    """Each operator, property and choice that can be seen has a tooltip, and no two of a class have the same."""
    translations = submodule(addon, "translations")
    wanting = []
    for cls in registered(addon):
        rna = translations._rna(cls)
        if issubclass(cls, bpy.types.Operator) and not rna.description:
            wanting.append(cls.__name__)
        told = {}
        for each in rna.properties:
            is_group = each.type in ("POINTER", "COLLECTION") and each.fixed_type.identifier.startswith(
                ("StyleTalk", "Character", "Face")
            )
            if each.identifier in translations._properties_of_base(cls) or each.is_hidden or is_group:
                continue
            choices = getattr(each, "enum_items_static", None) or ()
            wanting += [
                f"{cls.__name__}.{each.identifier}.{item.identifier}" for item in choices if not item.description
            ]
            if not each.description or each.description in told:
                wanting.append(f"{cls.__name__}.{each.identifier}")
            told[each.description] = each.identifier
    assert not wanting, wanting


def check_all_that_blender_shows_is_in_the_tables(addon, inputs):
    """Names, tooltips and choices of all registered classes stand in each language's table, alone or as a template."""
    translations = submodule(addon, "translations")
    script = submodule(addon, "translations.sentences")
    shown = {text for cls in registered(addon) for text in translations.texts_of(cls)}
    shown -= {"Alembic", "ARKit", "NLA", "NumPy", "PyTorch", "USD", "Unity (FBX)", "Unreal (FBX)"}
    shown -= {"VRM Animation (VRMA)", "Live Link Face (CSV)", "StyleTalk", "OpenEXR", "PNG"}
    for language, table in translations.tables().items():
        found = script.Sentences(table)
        lacking = [
            text
            for text in sorted(shown)
            if not SYMBOL.match(text) and text not in table and found._whole(text, str, found._strict) is None
        ]
        assert not lacking, f"{language}.json lacks {lacking}"


def check_other_languages(addon, inputs):
    """Where this Blender can speak other languages, labels, sentences and reports are in the one that is chosen."""
    translations, compat = submodule(addon, "translations"), submodule(addon, "compat")
    sentence = "“Cube” has no armature."
    if not compat.has_translations():
        assert translations.translated(sentence) == sentence
        return "this Blender speaks English alone"
    view = bpy.context.preferences.view
    said = {}
    try:
        for code, names in compat.LOCALES.items():
            locale = next(each for each in names if each in bpy.app.translations.locales)
            view.language, view.use_translate_interface = locale, True
            said[code] = translations.translated(sentence), bpy.app.translations.pgettext("Cancel All", "Operator")
    finally:
        view.language = "en_US"
    tables = translations.tables()
    wanted = {code: (tables[code]["“{name}” has no armature."], tables[code]["Cancel All"]) for code in tables}
    assert said == {code: (both[0].replace("{name}", "Cube"), both[1]) for code, both in wanted.items()}, said
    assert translations.translated(sentence) == sentence


def check_sentences_wrap(addon, inputs):
    """No line of a message is wider than the sidebar: words stay whole, a path is torn, Chinese breaks anywhere."""
    drawing = submodule(addon, "ui.drawing")
    english = "“Cube” is not a talking face. Select one, or add one with Add > Mesh > Talking Face."
    for text in (english, "/a" * 60, "此 Blender 构建时未包含音频库。请使用 blender.org 的版本，或在外部运行。", "x"):
        lines = drawing.wrapped(text, 30)
        assert all(drawing.columns(line) <= 31 for line in lines), lines
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(word in english.split() for line in drawing.wrapped(english, 30) for word in line.split())
    assert not any(line.startswith(("。", "，")) for line in drawing.wrapped("很长的句子。" * 12, 20))


def check_one_click_to_a_talking_face(addon, inputs):
    """In an empty scene Try the Demo Line adds a head, gives it the line and bakes it; the panel offers it there."""
    use_worker(addon, inputs["fake_python"])
    assert bpy.ops.styletalk.try_demo() == {"FINISHED"}
    face = bpy.context.object
    assert first_line(face).audio and submodule(addon, "data.baked").state_of(face, first_line(face)).name == "BAKED"
    assert len(face.styletalk.lines) == 1
    assert bpy.ops.styletalk.try_demo() == {"FINISHED"} and len(face.styletalk.lines) == 2, "the baked one stays"


def check_a_first_line_has_its_lead_in_within_the_scene(addon, inputs):
    """The sample sound, or a dropped one, on the scene's first frame: the face begins there, and its sound after the
    lead-in; nothing lies before the scene. Where the playhead is elsewhere, or another line is there, the line begins
    at the playhead."""
    scene, frames_cut = bpy.context.scene, submodule(addon, "operators.timeline").frames_cut
    for begin in (bpy.ops.styletalk.sample_sound, lambda: bpy.ops.styletalk.line_from_sound(filepath=inputs["audio"])):
        face = new_face()
        line = first_line(face)
        begin()
        assert line.start == "SCENE"
        animation = submodule(addon, "styletalk.animation").FaceAnimation.load(Path(inputs["animation"]))
        animation = dataclasses.replace(animation, first_row=-12)  # moves 0.4 s before its sound
        submodule(addon, "session").bake_line(scene, face, line, animation, scene.frame_start, is_whole=True)
        assert frames_cut(bpy.context) == 0
        nla = submodule(addon, "baking.nla")
        origin = nla.action_of(face.data.shape_keys, line.identity)[nla.ORIGIN_MARK]
        first = submodule(addon, "operators.phonemes").frame_of(bpy.context, line, 0.0)
        assert first == origin > scene.frame_start, f"words are shown where they are heard: {origin}, not {first}"
        bpy.ops.styletalk.line_from_sound(filepath=inputs["audio"])
        assert face.styletalk.lines[1].start == "PLAYHEAD"
    scene.frame_set(50)
    new_face()
    bpy.ops.styletalk.sample_sound()
    assert first_line(bpy.context.object).start == "PLAYHEAD"


def check_a_dropped_sound_is_a_line(addon, inputs):
    """A sound that is dropped becomes the empty line of the selected face, then further ones, or that of a new face."""
    drop = bpy.ops.styletalk.line_from_sound
    assert drop(filepath=inputs["audio"]) == {"FINISHED"}
    face = bpy.context.object
    assert [line.audio for line in face.styletalk.lines] == [inputs["audio"]]
    other = sound_named(inputs, "other")
    drop(filepath=other)
    assert [line.audio for line in face.styletalk.lines] == [inputs["audio"], other] and face.styletalk.active == 1
    raises(lambda: drop(filepath="/nowhere/line.wav"), "does not exist")
    assert len(face.styletalk.lines) == 2
    handler = getattr(bpy.types, "STYLETALK_FH_sound", None)
    assert (handler is not None) == hasattr(bpy.types, "FileHandler")
    assert handler is None or ".wav" in handler.bl_file_extensions


def check_the_status_bar_tells_and_cancels(addon, inputs):
    """While lines are worked on the status bar has the stage, the share and Cancel; all are cancelled at once."""
    bar, session = submodule(addon, "ui.status_bar"), submodule(addon, "session")
    use_worker(addon, inputs["fake_python"])
    face = new_face()
    for line in (first_line(face), add_line(addon, face)):
        line.audio = sound_named(inputs, "patient")
        session.start(bpy.context, face, line)
    texts, icons = [], []
    header = SimpleNamespace(layout=RecordedLayout(texts, icons))
    poll_until(addon, lambda: session.queue.jobs[0].fraction == 0.5)
    bar.draw(header, bpy.context)
    assert any("Pretending" in text and "Waiting behind it: 1" in text for text in texts) and "X" in icons, texts
    assert session.queue.seconds_left(session.queue.jobs[0]) is not None
    assert bpy.ops.styletalk.cancel_all() == {"FINISHED"}
    poll_until(addon, lambda: not session.is_busy())
    assert not bpy.ops.styletalk.cancel_all.poll()
    texts.clear()
    bar.draw(header, bpy.context)
    assert not texts


def check_an_error_goes_with_its_cause(addon, inputs):
    """What failed is said until the line is set otherwise, and again when it is set back."""
    panel = submodule(addon, "ui.panels").STYLETALK_PT_main
    use_worker(addon, inputs["fake_python"])
    line = first_line(new_face())
    line.audio = sound_named(inputs, "error")
    raises(bpy.ops.styletalk.bake, "The sound is silent")
    assert "The sound is silent" in drawn(addon, panel)
    before, line.audio = line.audio, inputs["audio"]
    assert "The sound is silent" not in drawn(addon, panel)
    line.audio = before
    assert "The sound is silent" in drawn(addon, panel)


def check_a_lead_in_is_brought_into_the_scene(addon, inputs):
    """A line whose face begins before the scene does is moved later with its sound, by one button, and is as baked."""
    panel, shifting = submodule(addon, "ui.panels").STYLETALK_PT_main, submodule(addon, "baking.shifting")
    scene, face = bpy.context.scene, new_face()
    line = first_line(face)
    bake(addon, inputs, face, frame=scene.frame_start - 9)
    submodule(addon, "data.baked").mark(line, submodule(addon, "data.baked").settings_of(line))
    early = shifting.frames_before_scene(scene, face, line)
    strips = [strip.frame_final_start for strip in all_strips(scene)]
    assert early >= 9 and bpy.ops.styletalk.shift_line.poll()
    drawn(addon, panel)
    assert bpy.ops.styletalk.shift_line() == {"FINISHED"}
    assert shifting.frames_before_scene(scene, face, line) == 0 and not bpy.ops.styletalk.shift_line.poll()
    assert line.start_frame == scene.frame_start - 9 + early
    assert [strip.frame_final_start for strip in all_strips(scene)] == [frame + early for frame in strips]
    assert submodule(addon, "data.baked").state_of(face, line).name == "BAKED"
    submodule(addon, "baking.following").follow(scene, face)
    assert shifting.frames_before_scene(scene, face, line) == 0, "following moved it back"


def check_a_neck_that_was_moved_stays(addon, inputs):
    """The pivot rests where the animator put it: also after the line was removed and another was baked."""
    face = new_face()
    neck = face.parent
    bake(addon, inputs, face)
    assert bpy.ops.styletalk.line_remove() == {"FINISHED"}
    neck.location.z += 0.125
    moved = neck.location.z
    bpy.ops.styletalk.line_add()
    bake(addon, inputs, face)
    curve = next(c for c in submodule(addon, "compat").action_fcurves(neck.animation_data)
                 if c.data_path == "location" and c.array_index == 2)  # fmt: skip
    animation = submodule(addon, "styletalk.animation").FaceAnimation.load(Path(inputs["animation"]))
    assert abs(curve.evaluate(curve.range()[0]) - moved) < 0.1 + abs(animation.head_pose[:, 3:]).max()
    assert list(neck["styletalk_rest"])[2] == moved


def check_a_trimmed_strip_is_heard_where_it_begins(addon, inputs):
    """Hear It plays the stretch of the file that the strip plays there, not that of its beginning."""
    phonemes, face = submodule(addon, "operators.phonemes"), new_face()
    line, item = first_line(face), SimpleNamespace(start_s=0.25, end_s=0.5)
    excerpt = submodule(addon, "baking.tempo").Excerpt
    assert phonemes.played_part(bpy.context, line, item) == (0.25, 0.5)
    heard_part, phonemes.heard_part = phonemes.heard_part, lambda line, scene: excerpt(2.0, 3.0)
    try:
        assert phonemes.played_part(bpy.context, line, item) == (2.25, 2.5)
    finally:
        phonemes.heard_part = heard_part


def check_new_lines_are_as_the_preferences_say(addon, inputs):
    """Style, intensity and the frame rate of an empty scene; a scene with something timed keeps its rate."""
    ours = bpy.context.preferences.addons[addon].preferences
    ours.style, ours.intensity, ours.rate = "sad", 0.5, "30"
    try:
        face = new_face()
        assert (first_line(face).style, first_line(face).intensity) == ("sad", 0.5)
        assert bpy.context.scene.render.fps == 30
        ours.rate = "60"
        new_face("Other")
        assert bpy.context.scene.render.fps == 30, "there is a face already"
    finally:
        for name in ("style", "intensity", "rate"):
            ours.property_unset(name)


def check_a_tick_only_after_a_handshake(addon, inputs):
    """An External Python is tried when it is named: one that works has a tick, another says why not."""
    page, ours = submodule(addon, "ui.preferences_page"), bpy.context.preferences.addons[addon].preferences

    def shown():
        texts, icons = [], []
        context = SimpleNamespace(preferences=bpy.context.preferences, region=SimpleNamespace(width=2000))
        page._draw_python_state(ours, RecordedLayout(texts, icons), context)
        return " ".join(texts), icons

    try:
        ours.worker_python = ""
        assert "Blender's own Python" in shown()[0] and "CHECKMARK" not in shown()[1]
        ours.worker_python = inputs["fake_python"]
        assert "CHECKMARK" in shown()[1], shown()
        ours.worker_python = inputs["nowhere"]
        assert "cannot be used" in shown()[0] and "CHECKMARK" not in shown()[1], shown()
    finally:
        ours.worker_python = ""


def check_the_cache_is_shown_and_cleared(addon, inputs):
    """The folder of the preferences holds what is kept; Clear removes that, and nothing else that lies there."""
    cache, kept = submodule(addon, "data.cache"), submodule(addon, "data.kept_animations")
    ours = bpy.context.preferences.addons[addon].preferences
    folder = Path(inputs["folder"]) / "cache of mine"
    ours.cache_folder = str(folder)
    try:
        animation = submodule(addon, "styletalk.animation").FaceAnimation.load(Path(inputs["animation"]))
        name = kept.keep(animation)
        as_long = "interview2026take003.npz"  # as the names of ours
        for theirs in ("mine.npz", as_long):
            (folder / theirs).write_bytes(b"not yours")
        assert kept.find(name).parent == folder and cache.size()[0] == 1
        assert bpy.ops.styletalk.clear_cache() == {"FINISHED"}
        assert kept.find(name) is None and {each.name for each in folder.iterdir()} == {"mine.npz", as_long}
        assert not bpy.ops.styletalk.clear_cache.poll()
    finally:
        ours.cache_folder = ""


def check_the_doctor_sees_and_copies(addon, inputs):
    """What is installed is listed, the page draws it, and it can be copied as text without the home folder's name."""
    page, doctor = submodule(addon, "ui.preferences_page"), submodule(addon, "data.doctor")
    assert bpy.ops.styletalk.doctor() == {"FINISHED"}
    rows = {row.what: row for row in doctor.examine()}
    assert bpy.app.version_string in rows["Blender"].found and "vertices" in rows["Open face"].found
    said = doctor.as_text(list(rows.values()))
    assert str(Path.home()) not in said and json.dumps(said)
    texts = []
    ours = bpy.context.preferences.addons[addon].preferences
    context = SimpleNamespace(preferences=bpy.context.preferences, region=SimpleNamespace(width=2000))
    page.draw_preferences(ours, RecordedLayout(texts, []), context)
    assert any(bpy.app.version_string in text for text in texts)


def check_blenders_search_finds_it(addon, inputs):
    """The Object menu has all that one looks for by “lip sync” or “bake”: each entry can be drawn."""
    menus = submodule(addon, "ui.menus")
    texts = []
    menus.STYLETALK_MT_object.draw(SimpleNamespace(layout=RecordedLayout(texts, [])), bpy.context)
    assert "Lip Sync" in menus.STYLETALK_MT_object.bl_label and len(texts) >= 12
