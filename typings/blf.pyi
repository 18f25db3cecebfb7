# SPDX-License-Identifier: GPL-3.0-or-later
# Blender's modules exist only inside Blender, in eight versions that differ: for the type checker they hold anything.
from typing import Any

def __getattr__(name: str) -> Any: ...
