# SPDX-License-Identifier: GPL-3.0-or-later
"""StyleTalk for Blender: a line of speech becomes editable face animation, in any speaking style."""

from types import ModuleType

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
        "edit_curves", "expression", "films", "takes", "photoreal", "styles", "style_from_action", "browse_styles",
        "style_files", "lines", "phonemes", "heard_files", "characters", "bones", "transfer", "click_landmarks",
        "overrides", "copy_report", "export", "offsets", "preferences",
    ),
    "ui": (
        "menus", "line_list", "panels", "curves_panel", "offsets_panel", "phonemes_panel", "timeline_panel",
        "edits_panel", "expression_panel", "styles", "film_panel", "photoreal_panel", "person_panel",
        "character_panel", "bones_panel", "transfer_panel", "export_panel",
    ),
}  # fmt: skip
"""Folder → its modules with classes, in the order in which they are registered: property groups come before what uses
them, panels stand in this order in the tab."""


def registered_classes() -> tuple[type, ...]:
    """All classes that Blender is told of, in that order."""
    import importlib

    names = (f".{folder}.{name}" for folder, modules in PARTS.items() for name in modules)
    return tuple(cls for name in names for cls in importlib.import_module(name, __package__).classes)


ATTACHED = (
    "data.lines", "data.characters", "data.persons", "data.passes", "data.heard", "ui.phoneme_strip", "ui.status_bar",
    "ui.menus", "translations", "live", "data.saved_paths", "headless.command", "baking.following",
    "baking.edits_seen", "operators.browse_styles", "pump", "data.migration",
)  # fmt: skip
"""Modules that hold on to something of Blender's, in the order in which they begin: each has `attach` and `detach`."""


def _attached() -> tuple[ModuleType, ...]:
    import importlib

    return tuple(importlib.import_module(f".{name}", __package__) for name in ATTACHED)


def register() -> None:
    """Called by Blender when the add-on is enabled."""
    import bpy

    from . import numpy_path

    numpy_path.ensure()
    for cls in registered_classes():
        bpy.utils.register_class(cls)
    for module in _attached():
        module.attach()


def unregister() -> None:
    """The exact mirror of `register`; a worker at work is ended."""
    import bpy

    from .data import python_checks
    from .ui import thumbnails

    python_checks.stop()
    for module in reversed(_attached()):
        module.detach()
    for cls in reversed(registered_classes()):
        bpy.utils.unregister_class(cls)
    thumbnails.forget()
    _forget_submodules()


def _forget_submodules() -> None:
    """Blender reads only this file anew when a newer version is installed without a restart."""
    import sys

    for name in [name for name in sys.modules if name.startswith(f"{__name__}.")]:
        del sys.modules[name]
        globals().pop(name.removeprefix(f"{__name__}."), None)  # `from . import` looks here first
