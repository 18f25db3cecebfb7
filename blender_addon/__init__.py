# SPDX-License-Identifier: GPL-3.0-or-later
"""StyleTalk for Blender: a line of speech becomes editable face animation, in any speaking style."""

bl_info = {
    "name": "StyleTalk",
    "author": "StyleTalk for Blender contributors",
    "version": (0, 1, 0),
    "blender": (3, 4, 0),
    "location": "3D View > Sidebar > StyleTalk, and Add > Mesh > Talking Face",
    "description": "Make a face talk: a line of speech becomes shape-key animation in any speaking style",
    "category": "Animation",
}


def _classes() -> tuple[type, ...]:
    """All classes, in the order in which they are registered: property groups before what uses them."""
    from . import panels, preferences, properties
    from .operators import add_face, bake, copy_report

    return (
        *properties.classes,
        *preferences.classes,
        *add_face.classes,
        *bake.classes,
        *copy_report.classes,
        *panels.classes,
    )


def register() -> None:
    """Called by Blender when the add-on is enabled."""
    import atexit

    import bpy

    from . import numpy_path

    numpy_path.ensure()
    from . import properties
    from .operators import add_face, bake

    for cls in _classes():
        bpy.utils.register_class(cls)
    properties.attach()
    bpy.types.VIEW3D_MT_mesh_add.append(add_face.draw_menu)
    atexit.register(bake.stop_current)


def unregister() -> None:
    """The exact mirror of `register`; a worker at work is ended."""
    import atexit

    import bpy

    from . import properties
    from .operators import add_face, bake

    atexit.unregister(bake.stop_current)
    bake.stop_current()
    bpy.types.VIEW3D_MT_mesh_add.remove(add_face.draw_menu)
    properties.detach()
    for cls in reversed(_classes()):
        bpy.utils.unregister_class(cls)
    _forget_submodules()


def _forget_submodules() -> None:
    """Blender reads only this file anew when a newer version is installed without a restart."""
    import sys

    for name in [name for name in sys.modules if name.startswith(f"{__name__}.")]:
        del sys.modules[name]
        globals().pop(name.removeprefix(f"{__name__}."), None)  # `from . import` looks here first
