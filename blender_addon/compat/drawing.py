# SPDX-License-Identifier: GPL-3.0-or-later
"""What panels and views are drawn with."""

from typing import Any

import bpy


def draw_progress(layout: Any, fraction: float, text: str) -> None:
    """A progress bar: `layout.progress` from 4.0, before that the same in words."""
    if hasattr(layout, "progress"):
        layout.progress(factor=fraction, text=text)
    else:
        layout.label(text=f"{fraction:.0%} {text}", icon="SORTTIME")


def draw_field(layout: Any, owner: Any, name: str, placeholder: str) -> None:
    """A text field; empty it shows a grey word from 4.1, before that nothing."""
    grey = "placeholder" in bpy.types.UILayout.bl_rna.functions["prop"].parameters
    layout.prop(owner, name, text="", **({"placeholder": placeholder} if grey else {}))


def redraw_status_bar() -> None:
    """It is no area of the screen: it draws itself anew when it is told that a window's view layer has changed."""
    bpy.msgbus.publish_rna(key=(bpy.types.Window, "view_layer"))


def strip_shader() -> Any:
    """A GPU shader that fills shapes with the colours of their corners: built in as FLAT_COLOR from 4.0, before that
    under another name."""
    import gpu

    name = "FLAT_COLOR" if bpy.app.version >= (4, 0, 0) else "2D_FLAT_COLOR"
    return gpu.shader.from_builtin(name)


def image_shader() -> Any:
    """A GPU shader that draws a texture of linear values: until 3.6 it is called 2D_IMAGE. In 5.2 IMAGE shows values as
    they are, which is too dark, and another one makes sRGB of them, as IMAGE did before."""
    import gpu

    try:
        return gpu.shader.from_builtin("IMAGE_SCENE_LINEAR_TO_REC709_SRGB")
    except ValueError:  # not in this Blender
        return gpu.shader.from_builtin("IMAGE" if bpy.app.version >= (4, 0, 0) else "2D_IMAGE")


def set_font_size(font: int, size: float) -> None:
    """`blf.size` took the dots per inch as well until 3.x, and takes them no more from 4.0 on."""
    import blf

    if bpy.app.version >= (4, 0, 0):
        blf.size(font, size)
    else:
        blf.size(font, size, 72)
