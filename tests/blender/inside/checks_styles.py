# SPDX-License-Identifier: GPL-3.0-or-later
"""The styles of the user: in the menu with their faces, added, renamed, shared, deleted. Each check has a new scene."""

import shutil
from pathlib import Path

import bpy
from checks_panel import drawn
from common import first_line, new_face, raises
from harness import submodule


def with_own(addon, inputs, name="Mine"):
    """(line, path): a face's line, and a style among the user's, of which there is no other."""
    own, library = submodule(addon, "data.user_styles"), submodule(addon, "styletalk.styles.library")
    for path in own.styles_folder().iterdir():
        path.unlink()
    source = Path(inputs["folder"]) / f"{name}.npz"
    preset = library.read_style("happy")
    type(preset)(clip=preset.clip, name=name).save(source)
    line = first_line(new_face())
    assert bpy.ops.styletalk.style_add(filepath=str(source)) == {"FINISHED"}
    return line, own.own_styles()[0].path


def menu(addon):
    styles = submodule(addon, "ui.styles")
    return drawn(addon, styles.STYLETALK_MT_style, rows=False), drawn(addon, styles.STYLETALK_PT_styles, rows=False)


def check_own_styles_are_in_the_menu_with_their_faces(addon, inputs):
    """Presets and own styles alike have an icon; choosing one makes the line speak in it."""
    line, path = with_own(addon, inputs)
    own, thumbnails = submodule(addon, "data.user_styles"), submodule(addon, "ui.thumbnails")
    assert all("Mine" in texts for texts in menu(addon)) and "Happy" in menu(addon)[0]
    faces = {tuple(each.icon_pixels_float) for each in thumbnails._previews.values()}
    assert len(faces) >= len(submodule(addon, "styletalk.styles.presets").preset_names())
    assert own.own_style(path).thumbnail is not None
    if not bpy.app.background:  # where there are no icons
        assert thumbnails.icon_of(own.own_style(path)) and thumbnails.preset_icon("happy")
    assert bpy.ops.styletalk.style_choose(path=str(path)) == {"FINISHED"}
    assert line.style == "FILE" and Path(line.style_file) == path
    assert "Mine" in drawn(addon, submodule(addon, "ui.panels").STYLETALK_PT_main)
    assert bpy.ops.styletalk.style_choose(style="sad") == {"FINISHED"} and line.style == "sad"


def check_own_styles_are_renamed_shared_and_deleted(addon, inputs):
    """Renaming keeps the file that lines name; a shared file can be added by others; nothing else is deleted."""
    line, path = with_own(addon, inputs)
    bpy.ops.styletalk.style_choose(path=str(path))
    assert bpy.ops.styletalk.style_rename(path=str(path), name="Anna") == {"FINISHED"}
    assert Path(line.style_file).is_file() and "Anna" in menu(addon)[0] and "Mine" not in menu(addon)[0]
    raises(lambda: bpy.ops.styletalk.style_rename(path=str(path), name=" "), "needs a name")
    shared = Path(inputs["folder"]) / "shared.npz"
    assert bpy.ops.styletalk.style_share(path=str(path), filepath=str(shared.with_suffix(""))) == {"FINISHED"}
    assert bpy.ops.styletalk.style_add(filepath=str(shared)) == {"FINISHED"}
    assert menu(addon)[0].count("Anna") == 2
    assert bpy.ops.styletalk.style_remove(path=str(path)) == {"FINISHED"} and menu(addon)[0].count("Anna") == 1
    raises(lambda: bpy.ops.styletalk.style_remove(path=str(shared)), "none of your styles")
    assert shared.is_file()


def check_styles_that_cannot_be_read_are_skipped_and_say_why(addon, inputs):
    """The others stay in the menu; the list gives the reason of each."""
    _, path = with_own(addon, inputs)
    path.with_name("broken.npz").write_bytes(path.read_bytes()[:200])
    shutil.copyfile(inputs["audio"], path.with_name("line.wav"))
    path.with_name(".hidden").write_text("")
    in_menu, in_list = menu(addon)
    assert "Mine" in in_menu and "broken" not in in_menu
    assert "broken.npz is not a style file" in in_list and "line.wav is no .npz" in in_list and "hidden" not in in_list
    raises(lambda: bpy.ops.styletalk.style_add(filepath=inputs["audio"]), "is not a style file")
