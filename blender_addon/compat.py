# SPDX-License-Identifier: GPL-3.0-or-later
"""Every place where Blender 3.4 to 5.2 differ, and nowhere else. Features are asked for before versions."""

from collections.abc import Callable
from typing import Any

import bpy
import numpy as np

SAVE_FAILED: list[Any] = getattr(bpy.app.handlers, "save_post_fail", [])
"""What Blender calls where it could not save a file; before 3.6 nothing."""
_RELATIVE = "is_path_supports_blend_relative" in bpy.types.Property.bl_rna.properties
PATH_OPTIONS = {"ANIMATABLE", "PATH_SUPPORTS_BLEND_RELATIVE"} if _RELATIVE else {"ANIMATABLE"}
"""Of a property that holds a path: where Blender asks (4.5), it may begin beside the .blend."""


OVERRIDDEN_GROUP = {"override": {"LIBRARY_OVERRIDABLE"}}
"""Of a property that holds a group: what is set in it on a library override is kept in the file; from 5.0 on lines are,
and tables of characters are not."""


def overridable(group: Any) -> Any:
    """Let all properties that a class declares be set, and its collections grow, on library overrides."""
    for declared in group.__annotations__.values():
        grows = {"USE_INSERTION"} if declared.function is bpy.props.CollectionProperty else set()
        declared.keywords["override"] = {"LIBRARY_OVERRIDABLE", *grows}
    return group


def new_action(id_type: str, name: str, slot_name: str) -> tuple[Any, Any]:
    """A new action for data-blocks of `id_type`, used by none; return (action, its F-curve collection).

    id_type: "OBJECT" or "KEY"; `ID.id_type` is missing in 3.4. 4.4 brought slots, 5.0 took `action.fcurves` away.
    """
    action = bpy.data.actions.new(name)
    if not hasattr(action, "slots"):
        action.id_root = id_type
        return action, action.fcurves
    slot = action.slots.new(id_type=id_type, name=slot_name)
    strip = action.layers.new("Layer").strips.new(type="KEYFRAME")
    return action, strip.channelbag(slot, ensure=True).fcurves


def assign_action(user: Any, action: Any | None, slot: Any = None) -> None:
    """Make `action` that of an animation_data or an NLA strip, with its own slot unless another is given.

    Blender picks a slot by itself only where names happen to match, and an action without one moves nothing.
    """
    user.action = action
    if action is not None and getattr(action, "slots", None):
        user.action_slot = slot or own_slot(action)  # after the action, which resets it


def action_slot(user: Any) -> Any | None:
    """The slot that an animation_data or an NLA strip uses of its action (4.4 and newer)."""
    return getattr(user, "action_slot", None)


def lacks_slot(user: Any) -> bool:
    """Whether an animation_data or an NLA strip has an action and moves nothing: without a slot, from 4.4."""
    return user.action is not None and hasattr(user, "action_slot") and user.action_slot is None


def action_fcurves(user: Any) -> list[Any]:
    """The F-curves that move a data-block through its animation_data or an NLA strip."""
    if user is None or user.action is None:
        return []
    action = user.action
    if not hasattr(action, "slots"):
        return list(action.fcurves)
    if user.action_slot is None:
        return []
    bags = [strip.channelbag(user.action_slot) for layer in action.layers for strip in layer.strips]
    return [fcurve for bag in bags if bag is not None for fcurve in bag.fcurves]


def fcurve_collections(user: Any) -> list[Any]:
    """The collections in which the F-curves of an animation_data or an NLA strip lie, to remove some."""
    if user is None or user.action is None:
        return []
    if not hasattr(user.action, "slots"):
        return [user.action.fcurves]
    if user.action_slot is None:
        return []
    bags = [strip.channelbag(user.action_slot) for layer in user.action.layers for strip in layer.strips]
    return [bag.fcurves for bag in bags if bag is not None]


def remove_fcurves(user: Any, paths: set[str]) -> None:
    """Take the F-curves of these data paths out of what moves a data-block through its animation_data."""
    for fcurves in fcurve_collections(user):
        for curve in [each for each in fcurves if each.data_path in paths]:
            fcurves.remove(curve)


def all_fcurves(action: Any | None) -> list[Any]:
    """The F-curves of an action, of whatever slot."""
    if action is None:
        return []
    if not hasattr(action, "slots"):
        return list(action.fcurves)
    return [
        curve for layer in action.layers for strip in layer.strips for bag in strip.channelbags for curve in bag.fcurves
    ]


def shape_key_points(key: Any) -> Any:
    """The coordinates of a shape key: `points` (4.1 and newer) is fifty times as fast as `data`."""
    return getattr(key, "points", key.data)


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


def draw_progress(layout: Any, fraction: float, text: str) -> None:
    """A progress bar: `layout.progress` from 4.0, before that the same in words."""
    if hasattr(layout, "progress"):
        layout.progress(factor=fraction, text=text)
    else:
        layout.label(text=f"{fraction:.0%} {text}", icon="SORTTIME")


def session_uid(data_block: Any) -> int | None:
    """A number that names a data-block as long as the file is open, whatever it is renamed to (4.2 and newer)."""
    return getattr(data_block, "session_uid", None)


def use_nodes(material: Any) -> None:
    """Materials have nodes from the start in 5.0, where setting the switch is deprecated."""
    if material.node_tree is None:
        material.use_nodes = True


def set_linear_keys(fcurve: Any, frames: np.ndarray, values: np.ndarray) -> None:
    """Fill an empty F-curve: (N,) frames, rising, and (N,) values, linear in between.

    Raises ValueError for arrays that do not go together; `foreach_set` would speak of an internal error.
    """
    if frames.shape != values.shape or frames.ndim != 1:
        raise ValueError(f"{frames.shape} frames for {values.shape} values")
    points = fcurve.keyframe_points
    points.add(len(frames))
    points.foreach_set("co", np.column_stack([frames, values]).astype(np.float32).ravel())
    linear = bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items["LINEAR"].value
    points.foreach_set("interpolation", np.full(len(frames), linear, np.int32))
    fcurve.update()  # new points have their handles at the origin


_PRINCIPLED = {
    "base_colour": ("Base Color",), "roughness": ("Roughness",), "metallic": ("Metallic",),
    "specular": ("Specular IOR Level", "Specular"), "scatter": ("Subsurface Weight", "Subsurface"),
    "scatter_radius": ("Subsurface Radius",), "scatter_scale": ("Subsurface Scale",),
    "scattered_colour": ("Subsurface Color",),
}  # fmt: skip


def principled_input(shader: Any, name: str) -> Any | None:
    """An input of a Principled BSDF under its name of 4.0 and newer or of 3.x; None where it has none.

    4.0 renamed Specular and Subsurface, brought Subsurface Scale, and took Subsurface Color away.
    """
    return next((shader.inputs[each] for each in _PRINCIPLED[name] if each in shader.inputs), None)


def see_through(material: Any) -> None:
    """EEVEE draws what is behind: a render method from 4.2, before that a blend mode, and a shadow to switch off."""
    if hasattr(material, "surface_render_method"):
        material.surface_render_method = "BLENDED"
        material.use_transparent_shadow = True
    else:
        material.blend_method, material.shadow_method = "BLEND", "NONE"
    material.use_backface_culling = True


def shift_curve(fcurve: Any, frames: int) -> None:
    """Move all keys of an F-curve, with their handles."""
    points = fcurve.keyframe_points
    for name in ("co", "handle_left", "handle_right"):
        values = np.empty(2 * len(points), np.float32)
        points.foreach_get(name, values)
        values[::2] += frames
        points.foreach_set(name, values)
    fcurve.update()


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


def is_retimed(strip: Any) -> bool:
    """Whether a sound is played faster or slower: by a factor in 3.x, by retiming keys from 4.0."""
    return len(getattr(strip, "retiming_keys", ())) > 0 or getattr(strip, "speed_factor", 1.0) != 1.0


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


def draw_field(layout: Any, owner: Any, name: str, placeholder: str) -> None:
    """A text field; empty it shows a grey word from 4.1, before that nothing."""
    grey = "placeholder" in bpy.types.UILayout.bl_rna.functions["prop"].parameters
    layout.prop(owner, name, text="", **({"placeholder": placeholder} if grey else {}))


def redraw_status_bar() -> None:
    """It is no area of the screen: it draws itself anew when it is told that a window's view layer has changed."""
    bpy.msgbus.publish_rna(key=(bpy.types.Window, "view_layer"))


def set_sequencer_scene(scene: Any) -> None:
    """From 5.0 the sequencer of a workspace shows a scene of its choice, and at first none."""
    for window in bpy.context.window_manager.windows:
        if hasattr(window.workspace, "sequencer_scene") and window.workspace.sequencer_scene is None:
            window.workspace.sequencer_scene = scene


def set_smooth_keys(fcurve: Any, frames: np.ndarray, values: np.ndarray, slopes: np.ndarray) -> None:
    """Fill an empty F-curve: (K,) frames, rising, (K,) values, and (K,) slopes a frame, which the handles show.

    Handles end a third of the way to the next key: then the Bezier curve is the cubic of these values and slopes.
    """
    points = fcurve.keyframe_points
    points.add(len(frames))
    points.foreach_set("co", np.column_stack([frames, values]).astype(np.float32).ravel())
    for point in points:  # 3.4 passes over handle types in `foreach_set` and says nothing
        point.interpolation = "BEZIER"
        point.handle_left_type = point.handle_right_type = "ALIGNED"
    gaps = np.diff(frames.astype(np.float64)) / 3 if len(frames) > 1 else np.zeros(0)
    for side, reach in (("left", -np.append(gaps[:1], gaps)), ("right", np.append(gaps, gaps[-1:]))):
        reach = reach if len(gaps) else np.full(1, -1.0 if side == "left" else 1.0)
        handles = np.column_stack([frames + reach, values + reach * slopes])
        points.foreach_set(f"handle_{side}", handles.astype(np.float32).ravel())
    fcurve.update()


SLOT_MARK = "styletalk_slot"
"""Custom property of our actions: the handle of the slot that is ours, where that is not the first."""


def remember_slot(action: Any, slot: Any | None) -> None:
    """Let an action know which slot is ours."""
    if slot is not None:
        action[SLOT_MARK] = slot.handle


def own_slot(action: Any) -> Any | None:
    """The slot of an action that is ours: the first one, which we make, or that in which the animator's action was
    active; None where there are no slots."""
    slots = list(getattr(action, "slots", ()))
    return next((slot for slot in slots if slot.handle == action.get(SLOT_MARK)), slots[0] if slots else None)


def same_slot(action: Any, slot: Any | None) -> Any | None:
    """The slot of that handle in an action of which one is a copy."""
    return next(
        (each for each in getattr(action, "slots", ()) if slot is not None and each.handle == slot.handle), None
    )


def own_fcurves(action: Any) -> Any | None:
    """The F-curve collection of that slot; None where it has none."""
    if not hasattr(action, "slots"):
        return action.fcurves
    slot = own_slot(action)
    bags = (strip.channelbag(slot) for layer in action.layers for strip in layer.strips if slot is not None)
    return next((bag.fcurves for bag in bags if bag is not None), None)


def handle_types(points: Any) -> tuple[np.ndarray, np.ndarray]:
    """(K,) int32 each, of the left and the right handles. Before 4.2 not by `foreach_get`, which gives zeros in 3.4."""
    if bpy.app.version < (4, 2, 0):
        numbers = {each.identifier: each.value for each in bpy.types.Keyframe.bl_rna.properties[_LEFT].enum_items}
        kinds = [(numbers[each.handle_left_type], numbers[each.handle_right_type]) for each in points]
        left, right = np.array(kinds, np.int32).reshape(-1, 2).T
        return left, right
    left, right = np.empty(len(points), np.int32), np.empty(len(points), np.int32)
    points.foreach_get(_LEFT, left)
    points.foreach_get("handle_right_type", right)
    return left, right


def set_handle_types(points: Any, left: np.ndarray, right: np.ndarray) -> None:
    """The mirror of `handle_types`."""
    if bpy.app.version < (4, 2, 0):
        names = {each.value: each.identifier for each in bpy.types.Keyframe.bl_rna.properties[_LEFT].enum_items}
        for point, own_left, own_right in zip(points, left.tolist(), right.tolist(), strict=True):
            point.handle_left_type, point.handle_right_type = names[own_left], names[own_right]
        return
    points.foreach_set(_LEFT, left.astype(np.int32))
    points.foreach_set("handle_right_type", right.astype(np.int32))


_LEFT = "handle_left_type"


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


def hidden_properties(block: Any) -> Any | None:
    """What add-ons stored on a block that are not enabled now: 5.0 keeps it apart from custom properties."""
    read = getattr(block, "bl_system_properties_get", None)
    return None if read is None else read()


def strip_shader() -> Any:
    """A GPU shader that fills shapes with the colours of their corners: built in as FLAT_COLOR from 4.0, before that
    under another name."""
    import gpu

    name = "FLAT_COLOR" if bpy.app.version >= (4, 0, 0) else "2D_FLAT_COLOR"
    return gpu.shader.from_builtin(name)


def image_shader() -> Any:
    """A GPU shader that draws a texture: built in as IMAGE from 4.0, before that under another name."""
    import gpu

    return gpu.shader.from_builtin("IMAGE" if bpy.app.version >= (4, 0, 0) else "2D_IMAGE")


def set_font_size(font: int, size: float) -> None:
    """`blf.size` took the dots per inch as well until 3.x, and takes them no more from 4.0 on."""
    import blf

    if bpy.app.version >= (4, 0, 0):
        blf.size(font, size)
    else:
        blf.size(font, size, 72)


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
FORGETS_TABLES = bpy.app.version >= (5, 0, 0)
"""Whether the table of a character that is a library override is lost when the file is saved: from 5.0 on."""


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
