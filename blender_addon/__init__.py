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


def _classes() -> tuple[type, ...]:
    """All classes, in the order in which they are registered: property groups before what uses them."""
    from .data import characters, heard, lines, preferences
    from .operators import add_face, bake, copy_report, expression, films, heard_files, phonemes, styles, takes
    from .operators import characters as character_operators
    from .operators import lines as line_operators
    from .ui import character_panel, expression_panel, film_panel, line_list, panels, phonemes_panel
    from .ui import styles as style_panel

    corrections = (phonemes, heard_files)
    operators = (add_face, bake, expression, films, takes, styles, line_operators, character_operators, copy_report)
    shown = (line_list, panels, phonemes_panel, expression_panel, style_panel, film_panel, character_panel)
    modules = (heard, lines, characters, preferences, *operators, *corrections, *shown)
    return tuple(cls for module in modules for cls in module.classes)


def register() -> None:
    """Called by Blender when the add-on is enabled."""
    import atexit

    import bpy

    from . import numpy_path

    numpy_path.ensure()
    from . import live, pump
    from .data import characters, heard, lines, migration, saved_paths
    from .operators import add_face
    from .ui import phoneme_strip

    for cls in _classes():
        bpy.utils.register_class(cls)
    lines.attach()
    characters.attach()
    heard.attach()
    phoneme_strip.attach()
    live.attach()
    saved_paths.attach()
    bpy.types.VIEW3D_MT_mesh_add.append(add_face.draw_menu)
    bpy.app.handlers.load_pre.append(pump.forget_other_file)
    bpy.app.handlers.load_post.append(migration.bring_file_up_to_date)
    if not bpy.app.background:
        # the file that is open already cannot be touched before Blender has enabled the add-on; and 4.2 to 4.5 do not
        # survive the end of Python once a timer was dropped by loading a file, as those are that are not persistent
        bpy.app.timers.register(migration.bring_file_up_to_date, first_interval=0.0, persistent=True)
    atexit.register(pump.stop)


def unregister() -> None:
    """The exact mirror of `register`; a worker at work is ended."""
    import atexit

    import bpy

    from . import live, pump
    from .data import characters, heard, lines, migration, saved_paths
    from .operators import add_face
    from .ui import phoneme_strip, thumbnails

    atexit.unregister(pump.stop)
    pump.stop()
    if bpy.app.timers.is_registered(migration.bring_file_up_to_date):
        bpy.app.timers.unregister(migration.bring_file_up_to_date)
    bpy.app.handlers.load_post.remove(migration.bring_file_up_to_date)
    bpy.app.handlers.load_pre.remove(pump.forget_other_file)
    bpy.types.VIEW3D_MT_mesh_add.remove(add_face.draw_menu)
    saved_paths.detach()
    live.detach()
    phoneme_strip.detach()
    heard.detach()
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
