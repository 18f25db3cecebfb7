# SPDX-License-Identifier: Apache-2.0
"""A cache of loaded engines, so that only the first line of a batch waits for the weights."""

from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from ..checkpoints.generator import DEFAULT_WEIGHTS
from . import inference
from .choice import narrowed_engine

_ENGINES_KEPT = 2
"""In a batch, long lines may use torch and short ones NumPy."""

Stamp = tuple[str, tuple[int, ...], tuple[int, ...]]
"""A path, and the stamps by which a change of the file or of the config.json beside it shows."""


@dataclass(frozen=True)
class _Kept:
    """engine: as loaded; each line gets a copy of it (`Engine.anew`)."""

    stamp: Stamp
    choice: tuple[str, str, str]
    engine: inference.Engine


class KeptEngines:
    """`load_engine` with a cache. A file that has changed is loaded again. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: list[_Kept] = []

    def engine(
        self,
        checkpoint: Path | None = None,
        engine: str = "auto",
        device: str = "auto",
        rows: int | None = None,
        precision: str = "auto",
    ) -> inference.Engine:
        """As `load_engine`, with its arguments and errors; the notes of earlier lines are not in its note."""
        path = (Path(checkpoint) if checkpoint is not None else DEFAULT_WEIGHTS).absolute()
        with self._lock:
            stamp = _stamp(path)
            config = next((kept.engine.config for kept in self._kept if kept.stamp == stamp), None)
            if config is not None:
                choice = (narrowed_engine(engine, device, precision, config, rows), device, precision)
                for kept in self._kept:
                    if (kept.stamp, kept.choice) == (stamp, choice):
                        self._keep(kept)
                        return kept.engine.anew()
            loaded = inference.load_engine(checkpoint, engine, device, rows, precision)
            choice = (narrowed_engine(engine, device, precision, loaded.config, rows), device, precision)
            self._keep(_Kept(stamp, choice, loaded))
            return loaded.anew()

    def _keep(self, newest: _Kept) -> None:
        """Keep it and the most recent others, but none of a file that has changed since."""
        others = [
            kept
            for kept in self._kept
            if kept is not newest and (kept.stamp == newest.stamp or kept.stamp[0] != newest.stamp[0])
        ]
        self._kept = [newest, *others][:_ENGINES_KEPT]


def _stamp(path: Path) -> Stamp:
    return str(path), _file_stamp(path), _file_stamp(path.parent / "config.json")


def _file_stamp(path: Path) -> tuple[int, ...]:
    """When it was written, its size and its number on the disk; () where there is none, as `load_engine` will say."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


KEPT_ENGINES = KeptEngines()
"""Of this process."""
