# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: films, exporters, the command line, dropped files, languages."""

from collections.abc import Callable
from typing import Any

import bpy

SAVE_FAILED: list[Any] = getattr(bpy.app.handlers, "save_post_fail", [])
"""What Blender calls where it could not save a file; before 3.6 nothing."""


def set_movie_output(render: Any) -> None:
    """H.264 and AAC in an .mp4. From 5.0 a movie format is refused until the media type is VIDEO."""
    settings = render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"
    render.ffmpeg.format = "MPEG4"
    render.ffmpeg.codec = "H264"
    render.ffmpeg.constant_rate_factor = "HIGH"
    render.ffmpeg.ffmpeg_preset = "GOOD"
    render.ffmpeg.audio_codec = "AAC"
    render.ffmpeg.audio_bitrate = 160


def add_command(name: str, run: Callable[[list[str]], int]) -> Any | None:
    """`blender --command NAME …` calls `run` from 4.2 on. Returns what `remove_command` takes."""
    return bpy.utils.register_cli_command(name, run) if hasattr(bpy.utils, "register_cli_command") else None


def remove_command(handle: Any | None) -> None:
    """The mirror of `add_command`."""
    if handle is not None:
        bpy.utils.unregister_cli_command(handle)


def exporter_missing(module: str, name: str, called: str) -> str:
    """Why the operator `bpy.ops.module.name` cannot write files, or "": a build without it, an add-on that is off."""
    known = name in dir(getattr(bpy.ops, module))
    if known:
        return ""
    if module == "wm":
        return f"This build of Blender was made without {called}. Use the one from blender.org."
    return f"Blender's own add-on “{called}” is off. Enable it in the preferences."


def known_options(operator: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """Of options those that this version's operator has: exporters gain and lose them with each release."""
    known = operator.get_rna_type().properties
    return {name: value for name, value in wanted.items() if name in known}


LOCALES = {
    "de": ("de_DE", "de"),
    "es": ("es", "es_ES"),
    "fr": ("fr_FR", "fr"),
    "ja": ("ja_JP", "ja"),
    "zh": ("zh_HANS", "zh_CN"),
}
"""What Blender calls a language: simplified Chinese zh_CN until 3.x and zh_HANS from 4.0, others with or without their
country. All are given: a name that this Blender does not know does no harm."""


def has_translations() -> bool:
    """Whether this Blender can speak other languages: the bpy wheels cannot."""
    return bool(bpy.app.build_options.international)


DROPS_FILES = hasattr(bpy.types, "FileHandler")
"""Whether files can be dragged onto editors for add-ons: from 4.1 on."""


def drop_handler(name: str, label: str, operator: str, endings: tuple[str, ...]) -> type | None:
    """A class that lets sounds or videos be dropped onto a 3D view, to be registered; None before 4.1."""
    if not DROPS_FILES:
        return None

    def poll_drop(cls: Any, context: Any) -> bool:
        return context.area is not None and context.area.type == "VIEW_3D"

    body = {
        "bl_idname": name, "bl_label": label, "bl_import_operator": operator, "bl_file_extensions": ";".join(endings),
        "poll_drop": classmethod(poll_drop),
    }  # fmt: skip
    return type(name, (bpy.types.FileHandler,), body)
