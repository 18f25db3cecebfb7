# SPDX-License-Identifier: GPL-3.0-or-later
"""The presets of Export for…: what each is for, what it writes, and why it may be grey."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import alembic, fbx, gltf, usd, vrm
from .stage import Stage

ARKIT, EXACT, OWN = "ARKIT", "EXACT", "OWN"
"""Which shape keys our own face has in a file: see `ExportOptions`."""


def _always() -> str:
    return ""


def _any(face: Any) -> str:
    return ""


@dataclass(frozen=True)
class Format:
    """A preset. endings: of its files, the usual one first. unavailable: why this Blender cannot write it, or "".

    write: writes a stage, where it is a scene; None for tables of numbers. knows_vertex_colours: whether the colours of
    vertices are part of it. is_cache: whether it holds vertices rather than shapes. needs_skeleton: whether shapes
    play only on a mesh with bones. is_model: whether it holds the model at rest, and its animation goes into a .vrma
    beside it. unsuitable: why a face cannot be written so, or "".
    """

    identifier: str
    name: str
    about: str
    endings: tuple[str, ...]
    unavailable: Callable[[], str] = _always
    write: Callable[[Any, Stage, Path], None] | None = None
    knows_vertex_colours: bool = False
    is_cache: bool = False
    needs_skeleton: bool = False
    is_model: bool = False
    unsuitable: Callable[[Any], str] = _any


FORMATS = (
    Format("UNITY", "Unity (FBX)", "Shape keys and head as one FBX clip, in metres", (".fbx",), fbx.unavailable,
           fbx.write_for_unity),
    Format("UNREAL", "Unreal (FBX)", "The same on a skeleton, in centimetres: Unreal plays morph targets of skeletal "
           "meshes alone", (".fbx",), fbx.unavailable, fbx.write_for_unreal, needs_skeleton=True),
    Format("GLTF", "Web and Godot (glTF)", "One .glb with one animation", (".glb",), gltf.unavailable, gltf.write,
           knows_vertex_colours=True),
    Format("USD", "USD", "Blend shapes on a skeleton of USD's", (".usdc", ".usda", ".usd"), usd.unavailable, usd.write),
    Format("ALEMBIC", "Alembic", "Every vertex of every frame, modifiers applied", (".abc",), alembic.unavailable,
           alembic.write, is_cache=True),
    Format("VRM", "VRM Model", "The character at rest with its expressions, and its animation beside it as .vrma",
           (".vrm",), vrm.unavailable, vrm.write, knows_vertex_colours=True, is_model=True, unsuitable=vrm.unsuitable),
    Format("VRM_ANIMATION", "VRM Animation (VRMA)", "Expressions and the head, for any VRM 1 character", (".vrma",)),
    Format("LIVE_LINK", "Live Link Face (CSV)", "52 ARKit weights, the head and the eyes as the iPhone app writes them",
           (".csv",)),
    Format("METAHUMAN", "MetaHuman Curves", "The face controls of a MetaHuman as a curve table for Unreal",
           (".csv", ".json")),
)  # fmt: skip


def format_of(identifier: str) -> Format:
    """The preset of that name. Raises KeyError."""
    return {each.identifier: each for each in FORMATS}[identifier]
