# SPDX-License-Identifier: Apache-2.0
"""What a run says on disk: JSON lines always, TensorBoard where it is installed."""

import contextlib
import json
from pathlib import Path
from typing import Any

from styletalk.errors import OutputError
from styletalk.files.json_text import parse_json
from styletalk.files.writing import written_whole

LOG_FILE = "log.jsonl"
NO_TENSORBOARD = (
    'TensorBoard is not installed, so the figures are in log.jsonl alone; `pip install "styletalk-blender[train]"` '
    "installs it."
)


class RunLog:
    """Figures of one stage, by step. What was logged after the saved step, before a kill, is dropped and made again."""

    def __init__(self, folder: Path, stage: str, from_step: int) -> None:
        self.path, self.stage = Path(folder) / LOG_FILE, stage
        self._keep_until(from_step)
        self._board = _board(Path(folder) / "tensorboard" / stage, from_step)

    @property
    def note(self) -> str:
        """What the user should know, or ""."""
        return "" if self._board else NO_TENSORBOARD

    def write(self, step: int, kind: str, figures: dict[str, float]) -> None:
        """Figures of a step. kind: "train" or "held out". Raises OutputError."""
        line = {"stage": self.stage, "step": step, "kind": kind, **figures}
        try:
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line) + "\n")
            for name, value in figures.items() if self._board else ():
                self._board.add_scalar(f"{kind}/{name}", value, step)
        except OSError as error:
            raise OutputError(f"Cannot write {self.path}: {error.strerror}. Make room, and start again.") from error

    def close(self) -> None:
        """Write what is still in memory. Raises nothing: that the disk is full or gone is said where figures are."""
        with contextlib.suppress(OSError):
            if self._board:
                self._board.close()

    def _keep_until(self, step: int) -> None:
        if not self.path.is_file():
            return
        kept = [line for line in self.path.read_text(encoding="utf-8").splitlines() if self._holds(line, step)]
        with written_whole(self.path) as temporary:
            temporary.write_text("".join(line + "\n" for line in kept), encoding="utf-8")

    def _holds(self, line: str, step: int) -> bool:
        """Whether a line stays: whole, and of another stage or not after `step`."""
        try:
            entry = parse_json(line)
            return entry["stage"] != self.stage or entry["step"] <= step
        except (ValueError, LookupError, TypeError):
            return False  # cut off by a kill


def _board(folder: Path, from_step: int) -> Any:  # a package that may be absent names the type
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    try:
        return SummaryWriter(str(folder), purge_step=from_step + 1)
    except OSError as error:
        raise OutputError(f"Cannot write {folder}: {error.strerror}. Make room, and start again.") from error
