# SPDX-License-Identifier: Apache-2.0
"""What `styletalk evaluate` can be asked for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from styletalk.errors import RequestError

PART_NAMES = (
    *("motion", "cost", "lips", "timing", "lead", "envelope", "style", "presets", "head", "blends", "face", "labels"),
    *("sync", "syncnet", "videos", "photoreal", "tracking", "rigs"),
)
"""In the order of the report."""
DEFAULT_PARTS = ("motion", "cost", "lips", "style", "blends", "face")
"""Without options. envelope, presets, labels, photoreal and tracking take longer; the others need files of yours."""
INTENSITIES = (1.0, 1.5)
BLENDS = (("happy", "sad"), ("neutral", "surprised"))


@dataclass(frozen=True)
class EvaluationOptions:
    """data: folder of speech/ pairs, or a manifest, of which `split` is measured. only: parts, none for the defaults.

    checkpoint: weights other than the shipped ones. folds: FOLDS/CLIP/*.safetensors, weights that never saw that clip.
    presets: whose lips are measured, none for all; intensities: at which. blends: pairs of presets to blend.
    from_sound: also predict from the labels of our own recogniser (takes minutes). thorough: every clip where one of
    each speaker would do. sync_weights: our lip-sync discriminator. syncnet: SyncNet weights; videos: films to judge,
    both needed for syncnet; real_videos: the films that `videos` imitate, by name, by default those beside the pairs.
    renderer: weights of the neural renderer for the part photoreal, None for the built-in warp. every: pictures of
    its films that are judged, one in so many.
    heads: characters as .glb files, for the part rigs, which also plays the open face under several conventions.
    """

    data: Path
    only: tuple[str, ...] = ()
    checkpoint: Path | None = None
    folds: Path | None = None
    presets: tuple[str, ...] = ()
    intensities: tuple[float, ...] = INTENSITIES
    blends: tuple[tuple[str, str], ...] = BLENDS
    from_sound: bool = False
    thorough: bool = False
    sync_weights: Path | None = None
    syncnet: Path | None = None
    videos: Path | None = None
    real_videos: Path | None = None
    renderer: Path | None = None
    every: int = 10
    heads: tuple[Path, ...] = ()
    split: Literal["train", "validation", "all"] = "all"

    def __post_init__(self) -> None:
        """Refuse what cannot be measured before the work begins. Raises RequestError."""
        from styletalk.styles.clip import MAX_INTENSITY  # here, because a parser of commands needs no NumPy

        for intensity in self.intensities:
            if not 0.0 <= intensity <= MAX_INTENSITY:
                raise RequestError(f"The intensity {intensity:g} is out of range. Choose 0 to {MAX_INTENSITY:g}.")
        if self.every < 1:
            raise RequestError(f"Of {self.every} pictures none can be judged. Give --every a number from 1.")
        for part, needed, option in self._needs():
            if part in self.only and needed is None:
                raise RequestError(f"--only {part} needs {option}. Give it, or omit the part.")
        if self.syncnet is not None and self.videos is None and not set(self.only) - {"syncnet"}:
            raise RequestError("--syncnet judges films: name their folder with --videos.")
        if self.real_videos is not None and self.videos is None:
            raise RequestError("--real-videos is what films are compared with: name their folder with --videos.")

    def parts(self) -> tuple[str, ...]:
        """The parts to measure, in the order of the report."""
        given = {part for part, needed, _ in self._needs() if needed is not None} | ({"rigs"} if self.heads else set())
        wanted = set(self.only) or set(DEFAULT_PARTS) | given
        return tuple(part for part in PART_NAMES if part in wanted)

    def _needs(self) -> tuple[tuple[str, Path | None, str], ...]:
        both = self.syncnet if self.videos is not None else None
        return (
            ("sync", self.sync_weights, "--sync-weights FILE"),
            ("syncnet", both, "--syncnet FILE and --videos DIR"),
            ("videos", self.videos, "--videos DIR"),
        )
