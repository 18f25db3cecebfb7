# SPDX-License-Identifier: GPL-3.0-or-later
"""Strips and sounds of the sequencer: 5.0 calls sequences strips, and a workspace has a sequencer scene."""

from typing import Any

import bpy


def strips(sequence_editor: Any) -> Any:
    """All strips: `strips` from 4.4, `sequences` until 4.5. An empty collection is falsy, hence hasattr."""
    return sequence_editor.strips if hasattr(sequence_editor, "strips") else sequence_editor.sequences


def strips_name(sequence_editor: Any) -> str:
    """The property that has all strips, those in meta strips as well."""
    return "strips_all" if hasattr(sequence_editor, "strips_all") else "sequences_all"


def all_strips(sequence_editor: Any) -> list[Any]:
    """Strips inside meta strips as well."""
    if hasattr(sequence_editor, "strips_all"):
        return list(sequence_editor.strips_all)
    return list(sequence_editor.sequences_all)


def has_sound() -> bool:
    """Whether this Blender was built with its sound library: the bpy 4.2.0 wheel was not.

    Not whether `aud` can be imported: see `audio_library`.
    """
    return bool(bpy.app.build_options.audaspace)


def audio_library() -> Any | None:
    """`aud`, None where there is none to import: the bpy 4.2.0 wheel, and Debian's 4.3, which plays sounds yet."""
    try:
        import aud
    except ImportError:
        return None
    return aud


def sound_frames(strip: Any) -> tuple[float, int, int, float, float]:
    """Of a sound strip: the frame on which its content begins, its first frame, the frame after its last one, frames
    cut off its content for good at either end.

    5.1 gave them new names, and 5.2 warns of the old ones. From 5.1 the content begins after what is cut off it.
    """
    if hasattr(strip, "left_handle"):
        trimmed = strip.content_trim_start, strip.content_trim_end
        return strip.content_start - trimmed[0], strip.left_handle, strip.right_handle, *trimmed
    trimmed = strip.animation_offset_start, strip.animation_offset_end
    return strip.frame_start - trimmed[0], strip.frame_final_start, strip.frame_final_end, *trimmed


def move_strip(strip: Any, frames: int) -> None:
    """Move a strip with all that is cut off it: under the names that 5.1 gave, see `sound_frames`."""
    if hasattr(strip, "content_start"):
        strip.content_start += frames
    else:
        strip.frame_start += frames


def is_cut(strip: Any) -> bool:
    """Whether a sound strip ends before its sound does."""
    if hasattr(strip, "left_handle"):
        return strip.right_handle_offset > 0 or strip.content_trim_end > 0
    return strip.frame_offset_end > 0 or strip.animation_offset_end > 0


def muted_channels(sequence_editor: Any) -> set[int]:
    """The numbers of the sequencer's channels that are muted."""
    channels = sequence_editor.channels if sequence_editor is not None else ()
    return {number for number, channel in enumerate(channels) if channel.mute}


def sequencer_scene(context: Any) -> Any:
    """The scene whose strips the sequencer shows: from 5.0 the workspace's own choice."""
    return getattr(context, "sequencer_scene", None) or context.scene


def active_strip(context: Any) -> Any | None:
    """The strip of the sequencer that was clicked on last, as long as it is selected."""
    editor = sequencer_scene(context).sequence_editor
    strip = editor.active_strip if editor is not None else None
    return strip if strip is not None and strip.select else None


def set_sequencer_scene(scene: Any) -> None:
    """From 5.0 the sequencer of a workspace shows a scene of its choice, and at first none."""
    for window in bpy.context.window_manager.windows:
        if hasattr(window.workspace, "sequencer_scene") and window.workspace.sequencer_scene is None:
            window.workspace.sequencer_scene = scene
