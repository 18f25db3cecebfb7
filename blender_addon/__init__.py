# SPDX-License-Identifier: GPL-3.0-or-later
"""StyleTalk for Blender: a line of speech becomes editable face animation, in any speaking style."""

bl_info = {
    "name": "StyleTalk",
    "author": "StyleTalk for Blender contributors",
    "version": (0, 2, 0),
    "blender": (3, 4, 0),
    "location": "3D View > Sidebar > StyleTalk, and Add > Mesh > Talking Face",
    "description": "Make a face talk: a line of speech becomes shape-key animation in any speaking style",
    "category": "Animation",
}


PARTS = {
    "data": ("heard", "lines", "characters", "persons", "passes", "preferences"),
    "operators": (
        "add_face", "add_face_model", "person", "first_steps", "bake", "bake_scene", "waiting", "timeline", "edits",
        "expression", "films", "takes", "photoreal", "styles", "style_from_action", "browse_styles", "style_files",
        "lines", "phonemes", "heard_files", "characters", "bones", "transfer", "overrides", "copy_report", "export",
        "offsets", "preferences",
    ),
    "ui": (
        "menus", "line_list", "panels", "curves_panel", "offsets_panel", "phonemes_panel", "timeline_panel",
        "edits_panel", "expression_panel", "styles", "film_panel", "photoreal_panel", "person_panel",
        "character_panel", "bones_panel", "transfer_panel", "export_panel",
    ),
}  # fmt: skip
"""Folder → its modules with classes, in the order in which they are registered: property groups come before what uses
them, panels stand in this order in the tab."""


def _classes() -> tuple[type, ...]:
    """All classes, in that order."""
    import importlib

    names = (f".{folder}.{name}" for folder, modules in PARTS.items() for name in modules)
    return tuple(cls for name in names for cls in importlib.import_module(name, __package__).classes)


def register() -> None:
    """Called by Blender when the add-on is enabled."""
    import atexit

    import bpy

    from . import numpy_path

    numpy_path.ensure()
    from . import live, pump, translations
    from .baking import edits_seen, following
    from .data import characters, heard, lines, migration, passes, persons, saved_paths
    from .headless import command
    from .operators import add_face, add_face_model, bake_scene, browse_styles
    from .ui import menus, phoneme_strip, status_bar

    for cls in _classes():
        bpy.utils.register_class(cls)
    lines.attach()
    characters.attach()
    persons.attach()
    passes.attach()
    heard.attach()
    phoneme_strip.attach()
    status_bar.attach()
    menus.attach()
    translations.attach(_classes())
    live.attach()
    saved_paths.attach()
    command.attach()
    bpy.types.VIEW3D_MT_mesh_add.append(add_face.draw_menu)
    bpy.types.SEQUENCER_MT_context_menu.append(bake_scene.draw_menu)
    bpy.types.VIEW3D_MT_mesh_add.append(add_face_model.draw_menu)
    bpy.app.handlers.load_pre.append(browse_styles.leave)
    bpy.app.handlers.load_pre.append(pump.forget_other_file)
    bpy.app.handlers.load_post.append(migration.bring_file_up_to_date)
    following.attach()
    edits_seen.attach()
    if not bpy.app.background:
        # the file that is open already cannot be touched before Blender has enabled the add-on; and 4.2 to 4.5 do not
        # survive the end of Python once a timer was dropped by loading a file, as those are that are not persistent
        bpy.app.timers.register(migration.bring_file_up_to_date, first_interval=0.0, persistent=True)
    atexit.register(pump.stop)


def unregister() -> None:
    """The exact mirror of `register`; a worker at work is ended."""
    import atexit

    import bpy

    from . import live, pump, translations
    from .baking import edits_seen, following
    from .data import characters, heard, lines, migration, passes, persons, python_checks, saved_paths
    from .headless import command
    from .operators import add_face, add_face_model, bake_scene, browse_styles
    from .ui import menus, phoneme_strip, status_bar, thumbnails

    atexit.unregister(pump.stop)
    browse_styles.leave()
    pump.stop()
    python_checks.stop()
    if bpy.app.timers.is_registered(migration.bring_file_up_to_date):
        bpy.app.timers.unregister(migration.bring_file_up_to_date)
    edits_seen.detach()
    following.detach()
    bpy.app.handlers.load_post.remove(migration.bring_file_up_to_date)
    bpy.app.handlers.load_pre.remove(pump.forget_other_file)
    bpy.app.handlers.load_pre.remove(browse_styles.leave)
    bpy.types.SEQUENCER_MT_context_menu.remove(bake_scene.draw_menu)
    bpy.types.VIEW3D_MT_mesh_add.remove(add_face_model.draw_menu)
    bpy.types.VIEW3D_MT_mesh_add.remove(add_face.draw_menu)
    command.detach()
    saved_paths.detach()
    live.detach()
    translations.detach()
    menus.detach()
    status_bar.detach()
    phoneme_strip.detach()
    heard.detach()
    passes.detach()
    persons.detach()
    characters.detach()
    lines.detach()
    for cls in reversed(_classes()):
        bpy.utils.unregister_class(cls)
    thumbnails.forget()
    _forget_submodules()


def _forget_submodules() -> None:
    """Blender reads only this file anew when a newer version is installed without a restart."""
    import sys

    for name in [name for name in sys.modules if name.startswith(f"{__name__}.")]:
        del sys.modules[name]
        globals().pop(name.removeprefix(f"{__name__}."), None)  # `from . import` looks here first
