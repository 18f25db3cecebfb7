# SPDX-License-Identifier: Apache-2.0
"""`styletalk styles list|show|add|blend`"""

import argparse
from pathlib import Path

from ..files.writing import check_ending, check_writable
from .console import Console
from .options import Commands, new_command


def add(commands: Commands) -> None:
    parser = commands.add_parser("styles", help="the speaking styles", description="The speaking styles.")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    new_command(actions, "list", "the presets, in the order of the panel").set_defaults(run=run_list)
    for add_action in (_add_show, _add_add, _add_blend):
        add_action(actions)


def _add_show(actions: Commands) -> None:
    parser = new_command(actions, "show", "one style: where it comes from and what it does")
    parser.add_argument("style", metavar="NAME|FILE")
    parser.set_defaults(run=run_show)


def _add_add(actions: Commands) -> None:
    parser = new_command(actions, "add", "make a style file from a clip of coefficients (.mat, .npy, .npz)")
    parser.add_argument("clip", type=Path, metavar="CLIP")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.npz")
    parser.add_argument("--name", help="how lists show it (default: the file's name)")
    parser.add_argument("--mood", default="", help="one word, such as happy")
    parser.set_defaults(run=run_add)


def _add_blend(actions: Commands) -> None:
    parser = new_command(actions, "blend", "make a style file between two styles, presets or files")
    parser.add_argument("first", metavar="A", help="a preset or a style file")
    parser.add_argument("second", metavar="B", help="another")
    parser.add_argument(
        "--amount", type=float, default=0.5, metavar="X", help="0 is A, 1 is B, 0.5 (default) half of each"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.npz")
    parser.add_argument("--name", help="how lists show it (default: the file's name)")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="weights other than the shipped ones")
    parser.set_defaults(run=run_blend)


def run_list(options: argparse.Namespace, console: Console) -> None:
    from ..styles.library import read_style
    from ..styles.presets import preset_names

    styles = [read_style(name) for name in preset_names()]
    console.table(
        ("name", "origin", "rows", "licence", "made of"),
        [(s.name, s.origin, len(s.clip), s.licence, s.made_of) for s in styles],
    )


def run_show(options: argparse.Namespace, console: Console) -> None:
    from ..styles.library import read_style

    style = read_style(options.style)
    rows = (
        ("name", style.name), ("mood", style.mood), ("origin", style.origin or "unknown"), ("made of", style.made_of),
        ("rows", len(style.clip)), ("default intensity", style.default_intensity), ("licence", style.licence),
        ("mean |coefficient|", f"{abs(style.clip.mean(axis=0)).mean():.3f}"),
        ("movement (std)", f"{style.clip.std(axis=0).mean():.3f}"),
        ("codes cached for weights", ", ".join(style.codes) or "none"),
    )  # fmt: skip
    console.table(("what", "value"), rows)


def run_add(options: argparse.Namespace, console: Console) -> None:
    from dataclasses import replace

    from ..styles.library import read_style

    _check_output(options.output)
    style = read_style(str(options.clip))
    replace(style, name=options.name or options.output.stem, mood=options.mood or style.mood).save(options.output)
    console.done(f"Wrote {options.output}: {len(style.clip)} rows.", output=str(options.output))


def run_blend(options: argparse.Namespace, console: Console) -> None:
    from ..networks.engine.inference import load_engine
    from ..styles.blend import blend, check_amount
    from ..styles.library import read_style

    _check_output(options.output)
    check_amount(options.amount)
    first, second = read_style(options.first), read_style(options.second)
    style = blend(first, second, options.amount, load_engine(options.checkpoint), options.name or options.output.stem)
    style.save(options.output)
    console.done(f"Wrote {options.output}: {style.made_of}.", output=str(options.output), made_of=style.made_of)


def _check_output(path: Path) -> None:
    check_ending(path, ".npz")
    check_writable(path)
