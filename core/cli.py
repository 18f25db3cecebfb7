# SPDX-License-Identifier: Apache-2.0
"""The command `styletalk`: the public functions with argparse in front.

Exit codes: 0 done, 1 failed with one sentence on stderr, 2 wrong usage, 130 stopped with Ctrl-C.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from . import __version__
from .console import Console
from .errors import StyleError, StyleTalkError
from .files import check_writable

EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED = 0, 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code. Files are whole or absent whatever happens."""
    options = _parser().parse_args(arguments)
    console = Console(as_json=options.json)
    try:
        options.run(options, console)
        return EXIT_DONE
    except KeyboardInterrupt:
        console.fail("Interrupted", "Stopped; nothing half-written was left behind.")
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # `styletalk … | head`: whoever read us has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except StyleTalkError as error:
        return _failed(console, error, str(error), options.traceback)
    except MemoryError as error:
        return _failed(
            console, error, "Out of memory. Close other programs or cut the sound in parts.", options.traceback
        )
    except Exception as error:
        sentence = f"Unexpected {type(error).__name__}: {error}. Run again with --traceback and report what it prints."
        return _failed(console, error, sentence, options.traceback)


def _failed(console: Console, error: Exception, sentence: str, with_traceback: bool) -> int:
    if with_traceback:
        traceback.print_exc()
    console.fail(type(error).__name__, sentence)
    return EXIT_FAILED


# --- the parser: one function a command, in the order of --help ---------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="styletalk", description="Make a face talk: speech in, face animation out.")
    parser.add_argument("--version", action="version", version=f"styletalk {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (
        _add_demo,
        _add_animate,
        _add_phonemes,
        _add_styles,
        _add_import,
        _add_render_windows,
        _add_train,
        _add_evaluate,
        _add_doctor,
    ):
        add(commands)
    return parser


def _command(commands: "argparse._SubParsersAction", name: str, summary: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=summary, description=summary)
    parser.add_argument("--json", action="store_true", help="one JSON line per event on stdout, no progress bar")
    parser.add_argument("--traceback", action="store_true", help="show where an error came from")
    return parser


def _add_demo(commands: "argparse._SubParsersAction") -> None:
    parser = _command(commands, "demo", "a bundled line of speech becomes demo.npz, demo.blend and demo.mp4")
    parser.add_argument("-o", "--output", type=Path, default=Path(), metavar="DIR", help="folder to write to (here)")
    parser.add_argument("--style", default="happy", help="style preset or file (default: %(default)s)")
    parser.add_argument("--blender", type=Path, help="this Blender program rather than the bpy package")
    parser.set_defaults(run=_demo)


def _add_animate(commands: "argparse._SubParsersAction") -> None:
    parser = _command(
        commands, "animate", "a line of speech becomes face animation: .npz, .csv (Live Link Face), .json"
    )
    parser.add_argument("audio", type=Path, help="sound or video file")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="file to write")
    _add_speech_options(parser)
    parser.add_argument("--style", default="neutral", metavar="NAME|FILE", help="preset name or style file")
    parser.add_argument("--intensity", type=float, default=1.0, metavar="X", help="0 neutral, 1 the style, 2 twice")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="weights (.safetensors or published .pth)")
    parser.add_argument("--engine", choices=("auto", "torch", "numpy"), default="auto")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--pose", default="auto", metavar="FILE|auto|none", help="head motion")
    parser.add_argument("--no-blinks", dest="blinks", action="store_false", help="leave the eyelids to the style")
    parser.add_argument("--sync-offset", type=float, default=0.0, metavar="MS", help="positive: the face later")
    parser.add_argument("--seed", type=int, default=0, help="of blinks, gaze and head motion")
    parser.add_argument("--raw", action="store_true", help="the decoder's output, no closures, blinks or head motion")
    parser.set_defaults(run=_animate)


def _add_speech_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--text", type=Path, metavar="FILE", help="transcript, plain text")
    group.add_argument("--phonemes", type=Path, metavar="FILE", help="*_seq.json, TextGrid, Rhubarb .tsv or .json")
    parser.add_argument("--recogniser", choices=("auto", "pocketsphinx", "faster-whisper", "phones"), default="auto")


def _add_phonemes(commands: "argparse._SubParsersAction") -> None:
    parser = _command(commands, "phonemes", "what is said and when: segments in seconds, as a table or a TextGrid")
    parser.add_argument("audio", type=Path, help="sound or video file")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT", help=".TextGrid (Praat) or .json (published labels)"
    )
    _add_speech_options(parser)
    parser.set_defaults(run=_phonemes)


def _add_styles(commands: "argparse._SubParsersAction") -> None:
    parser = commands.add_parser("styles", help="the speaking styles", description="The speaking styles.")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _command(actions, "list", "the presets, in the order of the panel").set_defaults(run=_styles_list)
    show = _command(actions, "show", "one style: where it comes from and what it does")
    show.add_argument("style", metavar="NAME|FILE")
    show.set_defaults(run=_styles_show)
    add = _command(actions, "add", "make a style file from a clip of coefficients (.mat, .npy, .npz)")
    add.add_argument("clip", type=Path, metavar="CLIP")
    add.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.npz")
    add.add_argument("--name", help="how lists show it (default: the file's name)")
    add.add_argument("--mood", default="", help="one word, such as happy")
    add.set_defaults(run=_styles_add)


def _add_import(commands: "argparse._SubParsersAction") -> None:
    parser = _command(
        commands, "import-checkpoint", "a published checkpoint, generator or renderer, becomes safetensors"
    )
    parser.add_argument("checkpoint", type=Path, metavar="FILE")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT.safetensors", help="file to write (default: beside FILE)"
    )
    parser.set_defaults(run=_import_checkpoint)


def _add_render_windows(commands: "argparse._SubParsersAction") -> None:
    parser = _command(commands, "render-windows", "flow, warped photo and frame of the photoreal renderer, as arrays")
    parser.add_argument("source", type=Path, metavar="IN.npz", help="an animation, or windows (T, 73, 27)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT.npz")
    parser.add_argument("--photo", type=Path, required=True, metavar="FILE", help="a face, 256 × 256 pixels")
    parser.add_argument("--renderer", type=Path, required=True, metavar="FILE", help="weights (.safetensors or .pt)")
    parser.add_argument("--batch", type=int, metavar="N", help="frames at a time")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.set_defaults(run=_render_windows)


def _add_train(commands: "argparse._SubParsersAction") -> None:
    parser = _command(commands, "train", "train weights on pairs of speech and coefficients")
    parser.add_argument("data", type=Path, metavar="DIR", help="folder with speech/ and style_clips/")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="run folder; resumes there")
    parser.add_argument("--config", type=Path, metavar="FILE", help="JSON with fields of TrainingConfig")
    parser.set_defaults(run=_train)


def _add_evaluate(commands: "argparse._SubParsersAction") -> None:
    parser = _command(commands, "evaluate", "measure labels, motion and face on pairs of speech and coefficients")
    parser.add_argument("data", type=Path, metavar="DIR", help="folder with speech/ and style_clips/")
    parser.add_argument("--only", choices=("labels", "motion", "face"), help="one part of the report")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="weights other than the shipped ones")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help="also write the report: .md or .json")
    parser.set_defaults(run=_evaluate)


def _add_doctor(commands: "argparse._SubParsersAction") -> None:
    parser = _command(commands, "doctor", "what is installed here and what is missing, with the command that mends it")
    parser.set_defaults(run=_doctor)


# --- the commands: read the options, call one function, say what happened ------------------------------------------


def _demo(options: argparse.Namespace, console: Console) -> None:
    from .demo import run_demo

    with console.progress() as progress:
        made = run_demo(options.output, options.style, options.blender, progress)
    console.done("Made " + ", ".join(str(path) for path in made), outputs=[str(path) for path in made])


def _animate(options: argparse.Namespace, console: Console) -> None:
    from .api import AnimationRequest, animate
    from .exports import write_animation, writer_for

    writer_for(options.output)  # what cannot be written is said before the work, not after it
    check_writable(options.output)
    request = AnimationRequest(
        audio=options.audio, transcript=_transcript(options.text), phonemes=options.phonemes,
        recogniser=options.recogniser, style=options.style, intensity=options.intensity,
        checkpoint=options.checkpoint, engine=options.engine, device=options.device, pose=options.pose,
        blinks=options.blinks, sync_offset_ms=options.sync_offset, seed=options.seed, raw=options.raw,
    )  # fmt: skip
    with console.progress() as progress:
        animation = animate(request, progress)
    write_animation(animation, options.output)
    note = str(animation.metadata["note"])
    console.done(
        f"Wrote {options.output}: {len(animation)} rows. {note}".strip(), output=str(options.output), note=note
    )


def _phonemes(options: argparse.Namespace, console: Console) -> None:
    from .speech.alignment_files import alignment_writer
    from .speech.audio import load_audio
    from .speech.track import phoneme_track

    write = alignment_writer(options.output) if options.output else None
    audio = load_audio(options.audio)
    with console.progress() as progress:
        track = phoneme_track(audio, _transcript(options.text), options.phonemes, options.recogniser, progress=progress)
    if write:
        write(options.output, track)
        console.done(f"Wrote {options.output}: {len(track.segments)} segments. {track.note}".strip(), note=track.note)
    else:
        console.table(
            ("start_s", "end_s", "phoneme"), [(f"{s.start_s:.3f}", f"{s.end_s:.3f}", s.phoneme) for s in track.segments]
        )


def _transcript(path: Path | None) -> str | None:
    if path is None:
        return None
    from .speech.transcript_file import read_transcript

    return read_transcript(path)


def _styles_list(options: argparse.Namespace, console: Console) -> None:
    from .styles.clip import read_style
    from .styles.presets import preset_names

    styles = [read_style(name) for name in preset_names()]
    console.table(("name", "mood", "rows", "licence"), [(s.name, s.mood, len(s.clip), s.licence) for s in styles])


def _styles_show(options: argparse.Namespace, console: Console) -> None:
    from .styles.clip import read_style

    style = read_style(options.style)
    rows = (
        ("name", style.name), ("mood", style.mood), ("rows", len(style.clip)),
        ("default intensity", style.default_intensity), ("licence", style.licence),
        ("mean |coefficient|", f"{abs(style.clip.mean(axis=0)).mean():.3f}"),
        ("movement (std)", f"{style.clip.std(axis=0).mean():.3f}"),
        ("codes cached for weights", ", ".join(style.codes) or "none"),
    )  # fmt: skip
    console.table(("what", "value"), rows)


def _styles_add(options: argparse.Namespace, console: Console) -> None:
    from dataclasses import replace

    from .styles.clip import read_style

    if options.output.suffix.lower() != ".npz":
        raise StyleError(f"Cannot write {options.output}: a style file has the ending .npz.")
    style = read_style(str(options.clip))
    replace(style, name=options.name or options.output.stem, mood=options.mood or style.mood).save(options.output)
    console.done(f"Wrote {options.output}: {len(style.clip)} rows.", output=str(options.output))


def _import_checkpoint(options: argparse.Namespace, console: Console) -> None:
    from dataclasses import asdict

    from .checkpoint_import import import_checkpoint

    report = import_checkpoint(options.checkpoint, options.output)
    console.done(
        f"Wrote {report.output}: {report}.", output=str(report.output), kind=report.kind, config=asdict(report.config),
        tensors=report.tensors, parameters=report.parameters,
    )  # fmt: skip


def _render_windows(options: argparse.Namespace, console: Console) -> None:
    from .render.windows_file import render_file

    notes: list[str] = []
    with console.progress() as progress:
        frames = render_file(
            options.source, options.photo, options.renderer, options.output,
            options.batch, options.device, progress, notes.append,
        )  # fmt: skip
    note = " ".join(notes)
    console.done(f"Wrote {options.output}: {frames} frames. {note}".strip(), output=str(options.output), note=note)


def _train(options: argparse.Namespace, console: Console) -> None:
    from .training.distillation.solver import read_config, train

    with console.progress() as progress:
        weights = train(read_config(options.config, data=options.data, run=options.output), progress)
    console.done(f"Wrote {weights}", output=str(weights))


def _evaluate(options: argparse.Namespace, console: Console) -> None:
    from .evaluation.report import check_report_path, evaluate, write_report

    if options.output:
        check_report_path(options.output)
    with console.progress() as progress:
        report = evaluate(options.data, options.only, options.checkpoint, progress)
    if options.output:
        write_report(report, options.output)
    console.document(report.as_markdown(), report.as_dict())


def _doctor(options: argparse.Namespace, console: Console) -> None:
    from .doctor import examine

    console.table(("what", "found", "what to do"), examine())


if __name__ == "__main__":
    sys.exit(main())
