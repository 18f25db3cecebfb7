# SPDX-License-Identifier: GPL-3.0-or-later
"""The offset layer of a face as it was, to be brought back where a bake that adds to it fails on its way."""

from dataclasses import dataclass
from typing import Any

import bpy

from .. import compat
from ..faces import offsets
from ..faces.channels import OFFSET
from ..styletalk.motion.hand_edits import Keys
from .curve_keys import fill, keys_of


@dataclass(frozen=True)
class KeptLayer:
    """values: of the sliders of a face, by name. keys: of those that are keyed. has_data, has_action: whether the face
    object had animation data, and an action."""

    face: Any
    values: dict[str, float]
    keys: dict[str, Keys]
    has_data: bool
    has_action: bool

    @classmethod
    def of(cls, face: Any) -> "KeptLayer":
        """The layer of a face as it is now; it may have none."""
        names, data = offsets.names_of_offsets(face), face.animation_data
        curves = {name: offsets.curve_of(face, name) for name in names}
        keys = {name: keys_of(curve) for name, curve in curves.items() if curve is not None}
        values = {name: face[OFFSET + name] for name in names}
        return cls(face, values, keys, data is not None, data is not None and data.action is not None)

    def bring_back(self) -> None:
        """Let the layer be as it was: no slider more, no key other."""
        added = tuple(name for name in offsets.names_of_offsets(self.face) if name not in self.values)
        unkeyed = {offsets.path_of(name) for name in self.values if name not in self.keys}
        compat.remove_fcurves(self.face.animation_data, unkeyed)
        offsets.remove_sliders(self.face, added)
        for name, value in self.values.items():
            if name in self.keys:
                fill(offsets.curve_of(self.face, name), self.keys[name])
            self.face[OFFSET + name] = value
        self._without_own_action()
        self.face.update_tag()

    def _without_own_action(self) -> None:
        data = self.face.animation_data
        if data is None or self.has_action:
            return
        made, data.action = data.action, None
        if made is not None and not made.users:
            bpy.data.actions.remove(made)
        if not self.has_data:
            self.face.animation_data_clear()
