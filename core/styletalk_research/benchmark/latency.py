# SPDX-License-Identifier: Apache-2.0
"""What a user waits for beside the networks: start-up, and the stages of `styletalk animate` on a ten-second line."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from styletalk.demo import LINE as DEMO_LINE
from styletalk.speech.audio.sound_file import SAMPLE_RATE_HZ, load_audio

TEN_S = 10.0
REPEATED_WORDS = "And Mister John Dashwood had then leisure to"
"""The words of the bundled line that fit into ten seconds when it begins a second time."""


@dataclass(frozen=True)
class StartUpRow:
    """cpu_s: user and system time of the whole process, the lowest of several runs."""

    command: str
    cpu_s: float
    allowed_s: float


@dataclass(frozen=True)
class StageRow:
    """One stage of one run of `styletalk animate`, in seconds; "whole" is the process seen from outside."""

    method: str
    stage: str
    seconds: float


def start_up(times: int) -> list[StartUpRow]:
    """CPU time of the commands that only print, each in `times` processes."""
    commands = ((("--help",), 0.3), (("styles", "list"), 0.5))
    return [
        StartUpRow("styletalk " + " ".join(arguments), min(_cpu_s(arguments) for _ in range(times)), allowed_s)
        for arguments, allowed_s in commands
    ]


def stages(times: int) -> list[StageRow]:
    """Where the time of `styletalk animate` goes, by words, as heard or transcribed: the fastest run of each."""
    with tempfile.TemporaryDirectory(prefix="styletalk-bench-") as folder:
        sound, text = ten_seconds(Path(folder))
        methods = {"words": (), "heard": ("--recogniser", "heard"), "transcript": ("--text", str(text))}
        rows = []
        for method, options in methods.items():
            runs = [_animated(sound, Path(folder) / "line.npz", options) for _ in range(times)]
            fastest = min(runs, key=lambda run: run["whole"])
            rows += [StageRow(method, stage, seconds) for stage, seconds in fastest.items()]
        return rows


def ten_seconds(folder: Path) -> tuple[Path, Path]:
    """(sound, transcript): the bundled line and its beginning once more, ten seconds."""
    import soundfile

    samples = load_audio(DEMO_LINE).samples
    sound, text = folder / "line.wav", folder / "line.txt"
    soundfile.write(sound, np.tile(samples, 2)[: round(TEN_S * SAMPLE_RATE_HZ)], SAMPLE_RATE_HZ)
    text.write_text(f"{DEMO_LINE.with_suffix('.txt').read_text(encoding='utf-8').strip()} {REPEATED_WORDS}.", "utf-8")
    return sound, text


def _animated(sound: Path, output: Path, options: Sequence[str]) -> dict[str, float]:
    """Seconds by stage of one process."""
    arguments = ["animate", str(sound), "-o", str(output), "--style", "happy", "--timings", "--json", *options]
    start_s = time.perf_counter()
    done = subprocess.run([*styletalk(), *arguments], capture_output=True, text=True, check=True)
    whole_s = time.perf_counter() - start_s
    events = [json.loads(line) for line in done.stdout.splitlines()]
    found = {event["stage"]: float(event["seconds"]) for event in events if event["event"] == "row"}
    return {**found, "whole": whole_s}


def styletalk() -> list[str]:
    """The command as users have it: the console script beside this Python, else the module."""
    script = Path(sys.executable).parent / ("styletalk.exe" if os.name == "nt" else "styletalk")
    return [str(script)] if script.is_file() else [sys.executable, "-m", f"{__name__.split('.')[0]}.cli"]


def _cpu_s(arguments: Sequence[str]) -> float:
    before = os.times()
    subprocess.run([*styletalk(), *arguments], stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system
