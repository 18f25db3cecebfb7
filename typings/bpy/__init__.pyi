# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's modules exist only inside Blender, in eight versions that differ: for the type checker they hold anything.
from typing import Any

from . import props as props
from . import types as types

def __getattr__(name: str) -> Any: ...
