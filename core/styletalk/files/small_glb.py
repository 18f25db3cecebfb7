# SPDX-License-Identifier: Apache-2.0
"""Binary glTF made smaller with nothing but what the core of glTF 2.0 has, so that every reader plays it.

What shapes do to vertices is most of such a file. Each of them moves few, so only these are written; what two have in
common, and what is nothing, is written once.
"""

from typing import Any

import numpy as np

from .glb import accessor_values, glb_bytes, glb_parts
from .reading import UnusableContent

MIN_MOVE = 5e-6
"""Of a vertex, in the file's units, metres: less is nothing. A hundred shapes together are off by some .02 mm."""
MIN_MOVE_SHARE = 2e-4
"""The same as a share of a mesh's furthest move, for files in larger units."""
MIN_TURN = 0.01
"""Of a normal, half a degree: less is nothing."""
PLAIN_EXTENSIONS = ("KHR_materials_", "KHR_texture_transform", "KHR_lights_", "EXT_texture_webp", "VRM", "VRMC_")
"""These name no accessors and no views. A file with others is left alone."""
VERTICES = 34962
_FLOAT, _SHORT, _LONG = 5126, 5123, 5125


def small_glb(data: bytes) -> bytes:
    """The same meshes, materials, images and animations, in fewer bytes. Raises UnusableContent."""
    document, binary = glb_parts(data)
    if not all(name.startswith(PLAIN_EXTENSIONS) for name in document.get("extensionsUsed", ())):
        return data
    packed = _Packing(document, binary)
    try:
        packed.pack()
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise UnusableContent(f"it is not built as glTF 2.0 says ({error!r})") from error
    return glb_bytes(document, bytes(packed.data))


class _Packing:
    """A document whose accessors and views are laid anew."""

    def __init__(self, document: dict[str, Any], binary: bytes) -> None:
        self.document, self.binary = document, binary
        self.data = bytearray()
        self._accessors: list[dict] = []
        self._views: list[dict] = []
        self._known: dict[Any, int] = {}
        self._sparse: list[tuple[dict, np.ndarray, np.ndarray]] = []

    def pack(self) -> None:
        """Move everything over, and give the document the new lists."""
        for mesh in self.document.get("meshes", ()):
            limit = self._least_move(mesh)
            for part in mesh["primitives"]:
                part["attributes"] = {name: self._of_vertices(name, old) for name, old in part["attributes"].items()}
                part["targets"] = [
                    {name: self._changes(old, limit if name == "POSITION" else MIN_TURN) for name, old in each.items()}
                    for each in part.get("targets", ())
                ]
                if not part["targets"]:
                    del part["targets"]
        for owner, name in _other_users(self.document):
            owner[name] = self._whole(owner[name])
        for image in self.document.get("images", ()):
            if "bufferView" in image:
                image["bufferView"] = self._copied_view(image["bufferView"])
        self._write_sparse()
        self.document["accessors"], self.document["bufferViews"] = self._accessors, self._views
        self.document["buffers"] = [{"byteLength": len(self.data)}]

    def _whole(self, old: int) -> int:
        """The new index of an accessor that stays as it is."""
        accessor = self.document["accessors"][old]
        values = accessor_values(self.document, self.binary, old)
        about = {key: accessor[key] for key in ("componentType", "count", "type", "normalized", "min", "max")
                 if key in accessor}  # fmt: skip
        target = (
            self.document["bufferViews"][accessor["bufferView"]].get("target") if "bufferView" in accessor else None
        )
        return self._stored(about, values, target)

    def _of_vertices(self, name: str, old: int) -> int:
        """The same of vertices: colours and places in pictures, from 0 to 1, are whole numbers of 16 bits."""
        accessor = self.document["accessors"][old]
        if accessor["componentType"] != _FLOAT or not name.startswith(("COLOR_", "TEXCOORD_")):
            return self._whole(old)
        values = accessor_values(self.document, self.binary, old)
        if values.min(initial=0.0) < 0.0 or values.max(initial=0.0) > 1.0:
            return self._whole(old)
        about = {"componentType": _SHORT, "count": len(values), "type": accessor["type"], "normalized": True}
        return self._stored(about, np.round(values * 0xFFFF).astype("<u2"), VERTICES)

    def _stored(self, about: dict[str, Any], values: np.ndarray, target: int | None) -> int:
        key = (*(str(about[key]) for key in sorted(about)), target, values.tobytes())
        return self._once(key, lambda: {"bufferView": self._new_view(_rows(values, target), values, target), **about})

    def _least_move(self, mesh: dict[str, Any]) -> float:
        """What a vertex of a mesh must be moved by for it to be written."""
        old = {
            each["POSITION"] for part in mesh["primitives"] for each in part.get("targets", ()) if "POSITION" in each
        }
        moves = (accessor_values(self.document, self.binary, each) for each in old)
        furthest = max((float(np.linalg.norm(each, axis=1).max(initial=0.0)) for each in moves), default=0.0)
        return min(MIN_MOVE, MIN_MOVE_SHARE * furthest)

    def _changes(self, old: int, limit: float) -> int:
        """The new index of what one shape does to vertices: only of those where it is more than the limit."""
        accessor = self.document["accessors"][old]
        if accessor["componentType"] != _FLOAT:
            return self._whole(old)
        values = accessor_values(self.document, self.binary, old)
        moved = np.flatnonzero(np.linalg.norm(values, axis=1) > limit)
        key = ("changes", "min" in accessor, len(values), moved.tobytes(), values[moved].tobytes())
        return self._once(key, lambda: self._new_changes(values, moved, "min" in accessor))

    def _new_changes(self, values: np.ndarray, moved: np.ndarray, is_bounded: bool) -> dict[str, Any]:
        shown = np.zeros_like(values)
        shown[moved] = values[moved]
        about: dict[str, Any] = {"componentType": _FLOAT, "count": len(values), "type": "VEC3"}
        if is_bounded:
            about |= {"min": _short(shown.min(axis=0)), "max": _short(shown.max(axis=0))}
        if len(moved) * (values.itemsize * 3 + 2) >= values.nbytes:
            about["bufferView"] = self._new_view(shown.tobytes(), shown, VERTICES)
        elif len(moved):
            self._sparse.append((about, moved, values[moved]))
        return about

    def _once(self, key: Any, make: Any) -> int:
        """The accessor of that key, made when it is first asked for."""
        if key not in self._known:
            self._known[key] = len(self._accessors)
            self._accessors.append(make())
        return self._known[key]

    def _new_view(self, content: bytes, values: np.ndarray, target: int | None) -> int:
        about: dict[str, Any] = {"buffer": 0, "byteOffset": self._begin(), "byteLength": len(content)}
        if target is not None:
            about["target"] = target
        if (stride := len(content) // max(1, len(values))) != values.itemsize * values.shape[1]:
            about["byteStride"] = stride
        self.data += content
        self._views.append(about)
        return len(self._views) - 1

    def _copied_view(self, old: int) -> int:
        """Of an image: the new index of its bytes, which are there once."""
        view = self.document["bufferViews"][old]
        start = view.get("byteOffset", 0)
        content = self.binary[start : start + view["byteLength"]]
        if ("view", content) not in self._known:
            self._known["view", content] = len(self._views)
            self._views.append({"buffer": 0, "byteOffset": self._begin(), "byteLength": len(content)})
            self.data += content
        return self._known["view", content]

    def _begin(self) -> int:
        """Where the next view begins: on a multiple of four."""
        self.data += bytes(-len(self.data) % 4)
        return len(self.data)

    def _write_sparse(self) -> None:
        """All places of moved vertices in one view for either width, all their moves in another."""
        for component, kind in ((_SHORT, "<u2"), (_LONG, "<u4")):
            chosen = [each for each in self._sparse if (each[1][-1] > 0xFFFF) == (component == _LONG)]
            if not chosen:
                continue
            places, moves = _Table(len(self._views), component), _Table(len(self._views) + 1)
            for about, moved, values in chosen:
                about["sparse"] = {
                    "count": len(moved), "indices": places.add(moved.astype(kind)), "values": moves.add(values)
                }  # fmt: skip
            for table in (places, moves):
                self._views.append({"buffer": 0, "byteOffset": self._begin(), "byteLength": len(table.data)})
                self.data += table.data


class _Table:
    """Arrays one after the other in one view; equal ones are there once."""

    def __init__(self, view: int, component: int | None = None) -> None:
        self._about = {"bufferView": view} | ({} if component is None else {"componentType": component})
        self.data = bytearray()
        self._known: dict[bytes, int] = {}

    def add(self, values: np.ndarray) -> dict[str, int]:
        """Where it is."""
        content = values.tobytes()
        if content not in self._known:
            self._known[content] = len(self.data)
            self.data += content
        return {**self._about, "byteOffset": self._known[content]}


def _short(values: np.ndarray) -> list[float]:
    """Single precision in as few digits as it has."""
    return [float(str(value)) for value in values]


def _rows(values: np.ndarray, target: int | None) -> bytes:
    """The bytes of an array; each row of vertices begins on a multiple of four."""
    row = values.itemsize * values.shape[1]
    if target != VERTICES or row % 4 == 0:
        return values.tobytes()
    rows = np.zeros((len(values), row + -row % 4), np.uint8)
    rows[:, :row] = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), row)
    return rows.tobytes()


def _other_users(document: dict[str, Any]) -> list[tuple[dict, str]]:
    """What names an accessor, besides the vertices of meshes."""
    parts = [part for mesh in document.get("meshes", ()) for part in mesh["primitives"]]
    samplers = [each for animation in document.get("animations", ()) for each in animation["samplers"]]
    users = [(part, "indices") for part in parts] + [
        (each, "inverseBindMatrices") for each in document.get("skins", ())
    ]
    users += [(each, name) for each in samplers for name in ("input", "output")]
    return [(owner, name) for owner, name in users if name in owner]
