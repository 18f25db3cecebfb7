# SPDX-License-Identifier: GPL-3.0-or-later
"""Show an animation on a face without a key: values are set moment by moment, and all is put back in the end."""

from contextlib import ExitStack
from typing import Any

from ..styletalk.animation import FaceAnimation
from ..styletalk.motion.resample import default_first_frame, scene_samples
from .targets import Target


class Player:
    """Plays on one face. Between `Player(…)` and `close` nothing else may change the face."""

    def __init__(self, scene: Any, target: Target, fps: float) -> None:
        """fps: moments a second."""
        self._scene, self._target, self._fps = scene, target, fps
        self._frame = scene.frame_current, scene.frame_subframe
        self._undo = ExitStack()
        self._before: dict[tuple[str, str, str, int], tuple[Any, str, int, float]] = {}
        self._moving: list[tuple[Any, str, int, Any]] = []
        self._count = 0
        self._is_prepared = False

    @property
    def moments(self) -> int:
        """How many there are of the animation that plays."""
        return self._count

    def load(self, animation: FaceAnimation) -> None:
        """Let another animation play. Raises RigError where the character's table fits it no more."""
        first = default_first_frame(animation, self._fps)
        samples = scene_samples(animation, self._fps, first_frame=first)
        parts, moving = self._target.parts(samples), []
        if not self._is_prepared:
            self._target.prepare(self._undo, parts)
            self._is_prepared = True
        for part in parts:
            for channel in part.channels:
                if channel.data_path.endswith("]"):
                    continue  # a custom property, which moves nothing
                place, _, name = channel.data_path.rpartition(".")
                owner = part.owner.path_resolve(place) if place else part.owner
                self._remember(part.owner, owner, name, channel.index)
                moving.append((owner, name, channel.index, channel.values.tolist()))
        self._moving, self._count = moving, len(samples.times_s)

    def show(self, moment: int) -> None:
        """Set the face as it is at a moment of the animation, from 0; it begins again after the last one."""
        if not self._count:
            return
        at = moment % self._count
        for owner, name, index, values in self._moving:
            _set(owner, name, index, values[at])

    def close(self) -> None:
        """Put everything back as it was before, what is keyed as its keys say."""
        for owner, name, index, value in self._before.values():
            _set(owner, name, index, value)
        self._before.clear()
        self._moving, self._count = [], 0
        self._undo.close()
        self._scene.frame_set(self._frame[0], subframe=self._frame[1])

    def _remember(self, block: Any, owner: Any, name: str, index: int) -> None:
        key = block.name, repr(owner), name, index
        if key not in self._before:
            value = getattr(owner, name)
            self._before[key] = owner, name, index, value if isinstance(value, (int, float)) else value[index]


def _set(owner: Any, name: str, index: int, value: float) -> None:
    if isinstance(getattr(owner, name), float):
        setattr(owner, name, value)
    else:
        getattr(owner, name)[index] = value
