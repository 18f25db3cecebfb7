# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside Blender: our operators in random order, while the scene round them is edited in every odd way.

The promise: an operator ends, or reports one of our sentences; it never raises anything else. The artist's own keys,
actions and drivers stay as they are, no key of ours is a number that is none, and no job is left over.

As in Blender's window, each edit is a step of undo, and so is what our operators do: what a script changes without one
is Blender's end at the next undo.
"""

import faulthandler
import json
import random
import sys
import traceback
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import bpy  # first, for it makes NumPy importable
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "blender" / "inside"))
from harness import arguments, install, submodule
from playground import ACTIONS, TEXTS, Playground

STEPS_A_SCENE = 60
OPERATORS = {"add_face": "add_face", "add_lights": "add_face", "bake": "bake", "bake_all": "bake",
             "write_down": "bake", "cancel": "bake",
             "copy_report": "copy_report", "line_add": "lines", "line_remove": "lines", "line_move": "lines",
             "style_from_film": "films", "bake_film": "films", "style_choose": "styles", "style_add": "styles",
             "style_share": "styles", "style_rename": "styles", "style_remove": "styles", "use_character": "characters",
             "forget_character": "characters", "show_shape": "characters", "save_mapping": "characters",
             "load_mapping": "characters", "bake_take": "takes",
             "phoneme_split": "phonemes", "phoneme_merge": "phonemes", "phoneme_remove": "phonemes",
             "phoneme_insert": "phonemes", "phoneme_step": "phonemes", "phoneme_at_playhead": "phonemes",
             "heard_show": "phonemes", "word_change": "phonemes", "heard_export": "heard_files",
             "heard_import": "heard_files", "heard_forget": "heard_files", "heard_markers": "heard_files",
             "render_pass": "photoreal", "bake_scene": "bake_scene", "bake_strip": "bake_scene",
             "use_strip": "bake_scene", "assign_strip": "bake_scene", "remove_old_takes": "timeline",
             "fit_scene": "timeline", "make_editable": "overrides",
             "edits_select": "edits", "edits_step": "edits", "revert": "edits"}  # fmt: skip
"""Name -> its module."""
PANELS = ("panels", "phonemes_panel", "timeline_panel", "edits_panel", "film_panel", "photoreal_panel", "styles",
          "curves_panel", "offsets_panel")  # fmt: skip
DRAWN = ("bake", "bake_all", "line_add", *OPERATORS)
"""Some more often than others."""
OWN_STEPS = ("edit_undo", "edit_queue")
"""Edits after which Blender's window would make no step of undo."""


def call(playground):
    """One of our operators. Returns its name; raises what is no sentence of ours."""
    name = playground.rng.choice(DRAWN)
    options = {"line_move": {"direction": playground.rng.choice(("UP", "DOWN"))}}.get(name, {})
    if name == "cancel":
        line = playground.line()
        options = {"line": playground.rng.choice((line.identity if line else "", *TEXTS))}
    if OPERATORS[name] == "films":
        options = {"filepath": playground.rng.choice(TEXTS), "end_s": playground.rng.choice((0.0, 1e-9, 1e30))}
    if name in ("save_mapping", "load_mapping"):
        options = {"filepath": str(Path(bpy.app.tempdir) / "mapping.json")}
    if name in ("heard_export", "heard_import"):
        options = {"filepath": playground.rng.choice((str(Path(bpy.app.tempdir) / "heard.TextGrid"), *TEXTS))}
    if name in ("heard_show", "heard_markers"):
        options = {"what": playground.rng.choice(("WORD", "PHONEME"))}
    if name == "word_change":
        options = {"word": playground.rng.choice(TEXTS)}
    if name == "show_shape":
        options = {"shape": playground.rng.choice(("exp_00", "jawOpen", *TEXTS))}
    if OPERATORS[name] == "styles":
        own = [str(style.path) for style in submodule(playground.addon, "data.user_styles").own_styles()]
        options = {"path": playground.rng.choice((*own, *TEXTS))}
        other = {"style_choose": "style", "style_rename": "name", "style_add": "filepath", "style_share": "filepath"}
        options |= {other[name]: playground.rng.choice(TEXTS)} if name in other else {}
    if name == "assign_strip":
        options = {"strip": playground.rng.choice((*playground.strip_names(), *TEXTS))}
    if name == "edits_step":
        options = {"back": playground.rng.random() < 0.5, "frame": playground.rng.choice(("", "", "7.5", *TEXTS))}
    if OPERATORS[name] == "takes":
        options = {"filepath": playground.rng.choice((*TEXTS, playground.inputs["animation"]))}
    operator = getattr(submodule(playground.addon, f"operators.{OPERATORS[name]}"), f"STYLETALK_OT_{name}")
    reason = operator.disabled_reason(bpy.context) if hasattr(operator, "disabled_reason") else ""
    print(f"call {name}", file=sys.stderr, flush=True)
    try:
        getattr(bpy.ops.styletalk, name)("EXEC_DEFAULT", True, **options)  # a step of undo, as from a button
    except RuntimeError as error:
        said = str(error)
        if "Traceback" in said or "Unexpected" in said or (not reason and not said.startswith("Error: ")):
            raise
        return name, "refused"
    if reason:
        raise AssertionError(f"{name} worked although it was grey: {reason}")
    return name, "done"


class Layout:
    """Takes whatever is drawn."""

    def __getattr__(self, name):
        return self

    def __call__(self, *given, **options):
        return self


def draw(playground):
    """The panels, as Blender draws them after each step."""
    given = {
        name: getattr(bpy.context, name)
        for name in ("object", "scene", "preferences", "window_manager", "mode", "collection")
    }
    context = SimpleNamespace(**given, region=SimpleNamespace(width=300))
    modules = [submodule(playground.addon, f"ui.{name}") for name in PANELS]
    panels = [each for module in modules for each in module.classes if issubclass(each, bpy.types.Panel)]
    for panel in panels:
        if not hasattr(panel, "poll") or panel.poll(context):
            panel.draw(SimpleNamespace(layout=Layout()), context)


def mine():
    """What the artist made: the keys of their actions, and drivers on the cube."""
    found = {}
    for name in ACTIONS:
        action = bpy.data.actions.get(name)
        found[name] = action and [
            (c.data_path, c.array_index, [tuple(p.co) for p in c.keyframe_points]) for c in _curves(action)
        ]
    moved = getattr(bpy.data.objects.get("mine"), "animation_data", None)
    found["cube"] = [(d.data_path, d.driver.expression) for d in moved.drivers] if moved else []
    return found


def _curves(action):
    if hasattr(action, "fcurves"):
        return list(action.fcurves)
    return [
        curve for layer in action.layers for strip in layer.strips for bag in strip.channelbags for curve in bag.fcurves
    ]


def check(playground, before):
    """What must hold after a call."""
    draw(playground)
    assert mine() == before, f"the artist's own: {before} became {mine()}"
    for action in bpy.data.actions:
        for curve in _curves(action) if "styletalk_line" in action else ():
            points = np.empty(2 * len(curve.keyframe_points), np.float32)
            curve.keyframe_points.foreach_get("co", points)
            assert np.isfinite(points).all(), f"{curve.data_path} of {action.name} has keys that are no numbers"
    assert len(playground.session._targets) <= len(playground.session.queue.jobs), "a job is forgotten and not released"


def run(inputs, verdict):
    """As many calls of operators as are asked for; after each scene, what came of them and what fell is written."""
    addon, counts, fell, scene = install(Path(inputs["zip"])), Counter(), [], 0
    while sum(counts.values()) < inputs["calls"]:
        playground = Playground(addon, inputs, random.Random(f"operators:{inputs['seed']}:{scene}"))
        playground.begin()
        for _ in range(STEPS_A_SCENE):
            edited, before = [], None
            try:
                edited, before = _edit(playground), mine()
                counts[" ".join(call(playground))] += 1
                check(playground, before)
            except Exception:
                fell.append(f"scene {scene}, after {edited}: {traceback.format_exc()[-1500:]}")
                break
        playground.session.forget()
        scene += 1
        verdict.write_text(
            json.dumps({"version": bpy.app.version_string, "counts": dict(sorted(counts.items())), "fell": fell})
        )
    assert not submodule(addon, "session").is_busy()
    bpy.ops.wm.read_homefile(use_empty=True)
    bpy.ops.preferences.addon_disable(module=addon)


def _edit(playground):
    """A few edits; Blender refuses some of them, and so may we refuse to begin a job."""
    rng, refused = playground.rng, submodule(playground.addon, "styletalk.errors").StyleTalkError
    edits = rng.choices(playground.edits, k=rng.choice((0, 1, 1, 2, 4)))
    for edit in [*edits, *([playground.usable] if rng.random() < 0.6 else ())]:
        print(edit.__name__, file=sys.stderr, flush=True)  # what a Blender that dies was at
        try:
            edit()
        except refused:
            pass
        except Exception as error:
            files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
            if any("styletalk_blender" in file for file in files):
                raise
        if edit.__name__ not in OWN_STEPS:
            bpy.ops.ed.undo_push(message=edit.__name__)
    return [edit.__name__ for edit in edits]


if __name__ == "__main__":
    faulthandler.enable()
    run(json.loads(Path(arguments()[0]).read_text()), Path(arguments()[1]))
    print("all calls were made")
