# SPDX-License-Identifier: Apache-2.0
"""`styletalk demo`: the bundled line becomes demo.npz, then, in Blender, demo.blend and demo.mp4."""

import tempfile
from pathlib import Path

from ..api import AnimationRequest, animate
from ..errors import OutputError
from ..files.writing import check_writable, temporary_folder
from ..progress import Progress, part, silent
from . import LINE, TRANSCRIPT
from .addon import ADDON_ID, assemble
from .blender import find_blender, run_headless


def run_demo(
    folder: Path, style: str = "happy", blender: Path | None = None, progress: Progress = silent
) -> tuple[Path, ...]:
    """Write demo.npz, demo.blend and demo.mp4 to `folder`; return their paths.

    Without a Blender the animation is still written; a program that is given and is none is said first. Raises
    MissingPackageError then, OutputError where `folder` cannot be written, and what `animate` raises.
    """
    _make_folder(folder)
    animation, scene, video = (folder / f"demo{ending}" for ending in (".npz", ".blend", ".mp4"))
    for path in (animation, scene, video):
        check_writable(path)
    host = find_blender(blender) if blender is not None else None
    request = AnimationRequest(audio=LINE, transcript=TRANSCRIPT.read_text(encoding="utf-8"), style=style)
    animate(request, part(progress, 0.0, 0.15)).save(animation)
    host = host or find_blender()
    with temporary_folder(Path(tempfile.gettempdir())) as scratch:
        addon = assemble(scratch / "scripts" / "addons" / ADDON_ID)  # laid out as an installed one
        job = ["--animation", animation, "--audio", LINE, "--output", scene, "--render", video]
        run_headless(host, addon, job, part(progress, 0.15, 1.0))
    progress(1.0, "done")
    return animation, scene, video


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"Cannot write to {folder}: {error.strerror}. Choose another folder with -o.") from error
