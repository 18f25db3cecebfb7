# SPDX-License-Identifier: GPL-3.0-or-later
"""What a saved .blend says of where its sounds and styles lie. Each check gets a fresh, empty scene."""

import os
import shutil
import warnings
from pathlib import Path

import bpy
from common import all_strips, bake, first_line, new_face, raises

USER = "nachtigall"
NAMES = ("audio", "style_file", "words_file", "pose_file")


def baked_line(addon, inputs):
    """A line whose files lie in the home of a user, and the folder that they lie in."""
    project = Path(inputs["folder"]) / USER / "project"
    project.mkdir(parents=True, exist_ok=True)
    face = new_face()
    line = first_line(face)
    shutil.copyfile(inputs["audio"], project / "line.wav")
    for name in NAMES[1:]:
        setattr(line, name, str(project / f"{name}.txt"))
        (project / f"{name}.txt").touch()
    bake(addon, inputs, face, project / "line.wav")
    return line, project


def save(path, **options):
    """Blender 3.4 learns where a file lies only once it has been saved."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for _ in range(2 if bpy.app.version < (3, 6) and not options else 1):
        bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=False, **options)


def paths_of(line):
    return [getattr(line, name) for name in NAMES]


def files_of(line):
    """The files that the line and the strips name, all of which are there."""
    named = [*paths_of(line), *(strip.sound.filepath for strip in all_strips(bpy.context.scene))]
    files = [os.path.realpath(bpy.path.abspath(path)) for path in named]
    assert all(map(os.path.isfile, files)), files
    return files


def check_relative_paths_without_warning(addon, inputs):
    """A line's paths may begin beside the .blend: Blender says nothing against it, and its file browser offers it."""
    line = first_line(new_face())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in NAMES:
            setattr(line, name, "//beside.wav")


def check_saved_names_no_home(addon, inputs):
    """A .blend that was saved before the bake says nowhere, also not in what Blender has overwritten, in whose home."""
    scene = Path(inputs["folder"]) / USER / "project" / "scenes" / "before.blend"
    save(scene)
    line, _ = baked_line(addon, inputs)
    files = files_of(line)
    save(scene)
    assert USER.encode() not in scene.read_bytes()
    assert files_of(line) == files


def check_saved_finds_its_files(addon, inputs):
    """Saved for the first time after the bake, its paths begin beside it: it is moved with its files."""
    line, project = baked_line(addon, inputs)
    files, scene = files_of(line), project / "scenes" / "one.blend"
    save(scene)
    assert all(path.startswith("//") for path in paths_of(line)) and files_of(line) == files
    moved = project.parents[1] / "moved"
    shutil.rmtree(moved, ignore_errors=True)
    shutil.copytree(project, moved)
    bpy.ops.wm.open_mainfile(filepath=str(moved / "scenes" / "one.blend"))
    face = next(each for each in bpy.data.objects if each.styletalk.lines)
    assert {os.path.dirname(path) for path in files_of(first_line(face))} == {os.path.realpath(moved)}


def check_saved_elsewhere(addon, inputs):
    """Another folder, or a copy there: the paths are turned to it, and the open file keeps its own."""
    line, project = baked_line(addon, inputs)
    files, before = files_of(line), paths_of(line)
    if bpy.app.version >= (3, 6):
        save(project / "copies" / "deep" / "copy.blend", copy=True)
        assert paths_of(line) == before and files_of(line) == files
    save(project / "scenes" / "one.blend")
    before = paths_of(line)
    if bpy.app.version >= (3, 6):
        save(project / "copies" / "copy.blend", copy=True)
        assert paths_of(line) == before and files_of(line) == files
        save(project / "deep" / "er" / "two.blend")
        assert files_of(line) == files


def check_full_paths_by_preference(addon, inputs):
    """Who turns off Relative Paths keeps them as they were chosen."""
    line, project = baked_line(addon, inputs)
    before = paths_of(line)
    preferences = bpy.context.preferences.filepaths
    preferences.use_relative_paths = False
    try:
        save(project / "scenes" / "full.blend")
    finally:
        preferences.use_relative_paths = True
    assert paths_of(line) == before


def check_failed_save_then_deleted(addon, inputs):
    """A face may be deleted after a file could not be saved: the next save does not touch what is gone."""
    line, project = baked_line(addon, inputs)
    folder = project / "full"
    save(folder / "one.blend")
    line.audio = str(project / "line.wav")
    shutil.rmtree(folder)
    raises(bpy.ops.wm.save_mainfile, "Cannot open file")
    bpy.data.objects.remove(line.id_data)
    for number in range(300):
        bpy.data.texts.new("takes its memory").write("x" * number)
    save(project / "two.blend")
    assert (project / "two.blend").is_file()
