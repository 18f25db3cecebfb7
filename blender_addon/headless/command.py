# SPDX-License-Identifier: GPL-3.0-or-later
"""`blender --command styletalk --audio line.wav --output out.blend`: the headless command of the enabled add-on."""

from typing import Any

from .. import compat

NAME = "styletalk"
_handles: list[Any] = []


def attach() -> None:
    """Blender 4.2 and newer know the command from now on."""
    _handles.append(compat.add_command(NAME, _run))


def detach() -> None:
    """The mirror of `attach`."""
    while _handles:
        compat.remove_command(_handles.pop())


def _run(arguments: list[str]) -> int:
    from .cli import main  # what it needs takes time to load, and Blender's start must not wait for it

    return main(arguments)
