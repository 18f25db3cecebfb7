# SPDX-License-Identifier: Apache-2.0
"""`styletalk styles list|show|add|blend|suggest`"""

import argparse
from pathlib import Path

from ..files.writing import check_ending, check_not_read, check_writable
from .console import Console
from .options import Commands, new_command
from .track import add_film_options, film_options


def add(commands: Commands) -> None:
    parser = commands.add_parser("styles", help="the speaking styles", description="The speaking styles.")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    new_command(actions, "list", "the presets, in the order of the panel").set_defaults(run=run_list)
    for add_action in (_add_show, _add_add, _add_blend, _add_suggest):
        add_action(actions)


def _add_show(actions: Commands) -> None:
    parser = new_command(actions, "show", "one style: where it comes from and what it does")
    parser.add_argument("style", metavar="NAME|FILE")
    parser.set_defaults(run=run_show)


def _add_add(actions: Commands) -> None:
    summary = "make a style file from a film of somebody speaking, or from coefficients or ARKit weights"
    parser = new_command(actions, "add", summary)
    parser.add_argument("clip", type=Path, metavar="CLIP", help="film, .mat, .npy, .npz, .txt, .csv or .json")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.npz")
    parser.add_argument("--name", help="how lists show it (default: the file's name)")
    parser.add_argument("--mood", default="", help="one word, such as happy")
    parser.add_argument("--fps", type=_rate, metavar="X", help="rows a second of a file that does not say so (30)")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="weights other than the shipped ones")
    add_film_options(parser)
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


def _add_suggest(actions: Commands) -> None:
    parser = new_command(actions, "suggest", "the three presets that a recording may want, with how sure that is")
    parser.add_argument("audio", type=Path, help="sound or video file")
    parser.add_argument("--text", type=Path, metavar="FILE", help="a text file with what is said")
    parser.set_defaults(run=run_suggest)


def run_suggest(options: argparse.Namespace, console: Console) -> None:
    from ..speech.text.transcript_file import read_transcript
    from ..styles.suggest import suggest

    transcript = None if options.text is None else read_transcript(options.text)
    with console.progress() as progress:
        found = suggest(options.audio, transcript, progress)
    console.table(("style", "confidence"), [(name, f"{sure:.0%}") for name, sure in found.styles])
    console.done(found.note, note=found.note)


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
    from ..styles.manners import manner_of

    style = read_style(options.style)
    rows = (
        ("name", style.name), ("mood", style.mood), ("origin", style.origin or "unknown"), ("made of", style.made_of),
        ("rows", len(style.clip)), ("default intensity", style.default_intensity), ("licence", style.licence),
        ("mean |coefficient|", f"{abs(style.clip.mean(axis=0)).mean():.3f}"),
        ("movement (std)", f"{style.clip.std(axis=0).mean():.3f}"),
        ("manner", f"{manner_of(style).sentence()}{'' if style.manner else ' (predicted)'}"),
        ("codes cached for weights", ", ".join(style.codes) or "none"),
    )  # fmt: skip
    console.table(("what", "value"), rows)


def run_add(options: argparse.Namespace, console: Console) -> None:
    from dataclasses import replace

    from ..styles.from_film import is_film
    from ..styles.library import read_style

    _check_output(options.output)
    check_not_read(options.output, (options.clip, options.neutral))
    if is_film(options.clip):
        _add_from_film(options, console)
        return
    style = read_style(str(options.clip), options.fps)
    replace(style, name=options.name or options.output.stem, mood=options.mood or style.mood).save(options.output)
    console.done(f"Wrote {options.output}: {len(style.clip)} rows.", output=str(options.output))


def _add_from_film(options: argparse.Namespace, console: Console) -> None:
    from ..networks.engine.inference import load_engine
    from ..styles.from_film import style_from_film

    asked, name = film_options(options), options.name or options.output.stem
    with console.progress() as progress:
        engine = load_engine(options.checkpoint)
        found = style_from_film(options.clip, name, engine, asked, options.mood, progress)
    found.style.save(options.output)
    console.done(
        f"Wrote {options.output}: {len(found.style.clip)} rows. {found.report}", output=str(options.output),
        usable=found.usable, seconds=found.seconds, nearest=found.nearest, distance=found.distance,
    )  # fmt: skip


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


def _rate(text: str) -> float:
    try:
        rate_hz = float(text)
    except ValueError:
        rate_hz = 0.0
    if not 1.0 <= rate_hz <= 1000.0:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate from 1 to 1000")
    return rate_hz


def _check_output(path: Path) -> None:
    check_ending(path, ".npz")
    check_writable(path)
