# SPDX-License-Identifier: Apache-2.0
"""Synthetic voices that say when they say what: flite, festival; and Piper, whose words are aligned afterwards.

Debian: `apt install flite festival festvox-kallpc16k festvox-kdlpc16k festvox-us-slt-hts`. Piper:
`pip install piper-tts` and a voice.
"""

import gzip
import re
import subprocess
import tempfile
import wave
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from styletalk.errors import MissingPackageError
from styletalk.phonemes import PHONEME_INDEX, SILENCE
from styletalk.speech.audio.sound_file import load_audio

from .spoken import Spoken, aligned_speech, spoken

FLITE_VOICES = ("slt", "awb", "kal16", "rms")
HELD_OUT_VOICE = "rms"
"""Kept out of all training: onsets are judged on it."""
FESTIVAL_VOICES = ("kal_diphone", "ked_diphone", "cmu_us_slt_arctic_hts")
PITCH_HZ = {"slt": (150, 260), "awb": (90, 200), "kal16": (80, 220), "rms": (80, 140)}
STRETCH = (0.75, 1.3)
OTHER_NAMES = {
    "pau": SILENCE, "#": SILENCE, "h#": SILENCE, "ssil": SILENCE, "brth": "", "ax": "AH", "axr": "ER", "ix": "IH",
    "el": "L", "em": "M", "en": "N", "hv": "HH", "nx": "N", "dx": "",
}  # fmt: skip
"""Names of the voices' phones that are not ours; a flap may be T or D, so nothing is said of it."""
FORTUNES = Path("/usr/share/games/fortunes")
SENTENCE_WORDS = (4, 16)


def text_lines(folder: Path = FORTUNES) -> list[str]:
    """Sentences of plain words, out of Debian's package fortunes. Raises MissingPackageError."""
    files = sorted(path.with_suffix("") for path in folder.glob("*.dat") if "ascii" not in path.name)
    if not files:
        raise MissingPackageError("The text to be spoken is that of fortunes. Install it: `apt install fortunes`.")
    text = " ".join(path.read_text(encoding="utf-8", errors="ignore") for path in files)
    sentences = re.split(r"(?<=[.!?])\s+|\n%\n|\n\s*--.*", text)
    plain = (re.sub(r"\s+", " ", each).strip() for each in sentences)
    short = (each for each in plain if SENTENCE_WORDS[0] <= each.count(" ") + 1 <= SENTENCE_WORDS[1])
    return sorted({each for each in short if re.fullmatch(r"[A-Z][a-z' ,;]+[.!?]", each)})


def flite_speech(texts: Sequence[str], voice: str, rng: np.random.Generator) -> Iterator[Spoken]:
    """Each text by a voice of flite, at changing speed and pitch."""
    with tempfile.TemporaryDirectory() as folder:
        sound = Path(folder) / "line.wav"
        for text in texts:
            settings = [f"duration_stretch={rng.uniform(*STRETCH):.2f}"]
            settings += [f"int_f0_target_mean={rng.uniform(*PITCH_HZ[voice]):.0f}"]
            changes = [word for setting in settings for word in ("--setf", setting)]
            said = _run(["flite", "-voice", voice, "-psdur", *changes, "-t", text, "-o", str(sound)], "flite")
            yield spoken(load_audio(sound).samples, _segments(flite_ends(said)), f"flite {voice}")


def flite_ends(said: str) -> list[tuple[str, float]]:
    """flite's "phone:end phone:end ..." as (phone, end in seconds)."""
    return [(name, float(end)) for name, end in re.findall(r"([a-z]+):(\d+\.\d+)", said)]


def festival_speech(texts: Sequence[str], voice: str, rng: np.random.Generator) -> Iterator[Spoken]:
    """Each text by a voice of festival, at changing speed."""
    with tempfile.TemporaryDirectory() as folder:
        script = [f"(voice_{voice})"]
        for number, text in enumerate(texts):
            script += [
                f"(Parameter.set 'Duration_Stretch {rng.uniform(*STRETCH):.2f})",
                f'(set! utt (SynthText "{text}"))',
                f'(utt.save.wave utt "{folder}/{number}.wav")',
                f'(utt.save.segs utt "{folder}/{number}.lab")',
            ]
        (Path(folder) / "say.scm").write_text("\n".join(script), encoding="utf-8")
        _run(["festival", "-b", f"{folder}/say.scm"], "festival")
        for number in range(len(texts)):
            lines = (Path(folder) / f"{number}.lab").read_text(encoding="utf-8").splitlines()
            ends = [(line.split()[2], float(line.split()[0])) for line in lines if len(line.split()) == 3]
            yield spoken(load_audio(Path(folder) / f"{number}.wav").samples, _segments(ends), f"festival {voice}")


def piper_speech(texts: Sequence[str], voice: str, rng: np.random.Generator) -> Iterator[Spoken]:
    """Each text by a voice of Piper (the path of its .onnx), at changing speed, aligned to its words."""
    try:
        from piper import PiperVoice, SynthesisConfig  # type: ignore[import-not-found]
    except ImportError as error:
        raise MissingPackageError("Neural voices need Piper. Install it: `pip install piper-tts`.") from error
    speaker = PiperVoice.load(voice)
    with tempfile.TemporaryDirectory() as folder:
        for text in texts:
            manner = SynthesisConfig(length_scale=rng.uniform(*STRETCH), noise_scale=rng.uniform(0.5, 0.9))
            with wave.open(str(sound := Path(folder) / "line.wav"), "wb") as file:
                speaker.synthesize_wav(text, file, manner)
            if (line := aligned_speech(sound, text, f"piper {Path(voice).stem}")) is not None:
                yield line


def _segments(ends: Sequence[tuple[str, float]]) -> Iterator[tuple[str, float, float]]:
    """(symbol or "", start, end) of (phone, end); festival's "er r" is one ER."""
    start_s, before = 0.0, ""
    for name, end_s in ends:
        symbol = OTHER_NAMES.get(name, name.upper())
        if symbol == "R" and before == "ER":
            symbol = "ER"
        yield symbol if symbol in PHONEME_INDEX else "", start_s, end_s
        start_s, before = end_s, symbol


def _run(command: Sequence[str], package: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except OSError as error:
        raise MissingPackageError(f"These voices need {package}. Install it: `apt install {package}`.") from error


def recorded_prompts(folder: Path, texts: Path) -> Iterator[Spoken]:
    """Recordings NAME.* of the lines "NAME: words" in texts (a .gz), aligned."""
    files = {str(path.relative_to(folder).with_suffix("")): path for path in folder.rglob("*.*")}
    text = gzip.decompress(texts.read_bytes()).decode("utf-8", errors="ignore")
    for line in text.splitlines():
        name, _, words = line.partition(": ")
        plain = name in files and re.fullmatch(r"[A-Za-z' ,.;!?-]+", words)
        if plain and (prompt := aligned_speech(files[name], words, folder.name)) is not None:
            yield prompt
