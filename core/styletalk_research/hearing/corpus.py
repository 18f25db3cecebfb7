# SPDX-License-Identifier: Apache-2.0
"""All speech that the phoneme network learns from, spoken once and kept.

    python -m styletalk_research.hearing.corpus FOLDER [--lines N] [--piper ONNX ...] [--clips DIR]

One file for each source. A source whose file is there already is left alone.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from styletalk.files.writing import written_whole
from styletalk.speech.align.aligner import Aligner

from .spoken import Spoken, aligned_speech, labelled_clip
from .voices import (
    FESTIVAL_VOICES,
    FLITE_VOICES,
    HELD_OUT_VOICE,
    festival_speech,
    flite_speech,
    piper_speech,
    recorded_prompts,
    text_lines,
)

TEST_SHARE = 10
"""Every so many sentences, one is kept out of training."""
TEST_LINES = 60
LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")
PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
PROMPT_TEXTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")


def save_speech(speech: Iterable[Spoken], path: Path) -> None:
    """Write as .npz: all samples (int16), labels and times one after the other, and how many of each belong together."""
    lines = [line for line in speech if len(line.labels)]
    with written_whole(path) as temporary, open(temporary, "wb") as file:
        np.savez(
            file, samples=np.concatenate([np.rint(line.samples * 32767).astype(np.int16) for line in lines]),
            labels=np.concatenate([line.labels for line in lines]),
            times_s=np.concatenate([line.times_s for line in lines]),
            sizes=np.array([(len(line.samples), len(line.labels)) for line in lines]),
            sources=np.array([line.source for line in lines]),
        )  # fmt: skip


def load_speech(path: Path) -> list[Spoken]:
    """The inverse of `save_speech`."""
    with np.load(path, allow_pickle=False) as stored:
        cuts = np.cumsum(stored["sizes"], axis=0)[:-1]
        samples = np.split(stored["samples"], cuts[:, 0])
        labels, times_s = (np.split(stored[name], cuts[:, 1]) for name in ("labels", "times_s"))
        sources = [str(source) for source in stored["sources"]]
    return [
        Spoken(each.astype(np.float32) / 32767, *rest)
        for each, *rest in zip(samples, labels, times_s, sources, strict=True)
    ]


def sources(lines: int, piper: Sequence[Path], clips: Path | None) -> dict[str, Callable[[], Iterable[Spoken]]]:
    """How the speech of each source is made, by the name of its file. Sources and voices say different sentences."""
    texts = np.random.default_rng(0).permutation(text_lines()).tolist()
    test, train = texts[::TEST_SHARE], [text for k, text in enumerate(texts) if k % TEST_SHARE]
    made: dict[str, Callable[[], Iterable[Spoken]]] = {}
    voices = [(flite_speech, voice) for voice in FLITE_VOICES if voice != HELD_OUT_VOICE]
    voices += [(festival_speech, voice) for voice in FESTIVAL_VOICES]
    for number, (speak, voice) in enumerate([*voices, *((piper_speech, voice) for voice in piper)]):
        said = train[number * lines : (number + 1) * lines]
        name = voice.stem if isinstance(voice, Path) else voice
        made[f"train_{name}"] = lambda speak=speak, voice=voice, said=said: speak(said, voice, np.random.default_rng(1))
    for voice in FLITE_VOICES:
        made[f"test_{voice}"] = lambda voice=voice: flite_speech(test[:TEST_LINES], voice, np.random.default_rng(2))
    if PROMPT_TEXTS.is_file():
        made["train_prompts"] = lambda: recorded_prompts(PROMPTS, PROMPT_TEXTS)
    if LIBRIVOX.is_dir():
        made["train_librivox"] = lambda: _librivox()
    for sound in sorted(clips.glob("*.wav")) if clips else ():
        labels = sound.with_name(f"{sound.stem}_seq.json")
        made[f"clip_{sound.stem}"] = lambda sound=sound, labels=labels: [labelled_clip(sound, labels)]
    return made


def _librivox() -> Iterator[Spoken]:
    aligner = Aligner()
    for line in (LIBRIVOX / "transcription").read_text(encoding="utf-8").splitlines():
        words, _, name = line.removeprefix("<s>").partition("</s>")
        found = aligned_speech(LIBRIVOX / f"{name.strip(' ()')}.wav", words, "librivox", aligner)
        if found is not None:
            yield found


def main(arguments: list[str] | None = None) -> int:
    """The command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m styletalk_research.hearing.corpus", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lines", type=int, default=400, help="of each synthetic voice")
    parser.add_argument("--piper", type=Path, nargs="*", default=[], metavar="ONNX")
    parser.add_argument("--clips", type=Path, help="NAME.wav with NAME_seq.json")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, make in sources(options.lines, options.piper, options.clips).items():
        path = options.folder / f"{name}.npz"
        if not path.is_file():
            save_speech(make(), path)
        minutes = sum(len(line.samples) for line in load_speech(path)) / 16000 / 60
        print(f"{name}: {minutes:.1f} minutes", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
