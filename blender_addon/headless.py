# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake without a window, inside Blender or with the bpy module:

    blender -b [file.blend] --python-exit-code 1 --python headless.py -- --audio line.wav --output out.blend
    python headless.py -- --audio line.wav --style happy --output out.blend --render out.mp4

This file only finds the add-on that it lies in, lends it to Blender for the time of the run, and hands over to
`headless/cli.py`. Exit codes: 0 done, 1 failed with one sentence on stderr, 2 wrong usage.
"""

import importlib
import importlib.util
import os
import runpy
import sys
from pathlib import Path
from types import ModuleType

if __name__ == "__main__":  # before the seconds that Blender takes to load
    processes = runpy.run_path(str(Path(__file__).resolve().parent / "styletalk" / "processes.py"))
    if processes["PARENT_VARIABLE"] in os.environ:  # not with a terminal or a render farm, which may let go of us
        processes["die_with_parent"]()

import bpy

PRIVATE_NAME = "styletalk_headless"
EXIT_FAILED = 1


def main() -> int:
    """Run the batch in `sys.argv` after "--"; return its exit code."""
    arguments = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
    addon, ours = _addon()
    try:
        if ours:
            addon.register()
    except ModuleNotFoundError as error:
        print(f"styletalk: {error}", file=sys.stderr)
        return EXIT_FAILED
    try:
        return importlib.import_module(f"{addon.__name__}.headless.cli").main(arguments)
    finally:
        if ours:
            addon.unregister()
        elif not bpy.app.binary_path:
            # bpy 4.2 and 4.5 do not survive the end of Python while classes of an add-on are registered
            _disable(addon)


def _addon() -> tuple[ModuleType, bool]:
    """The add-on in this folder, and whether we must register it. It may be enabled already; so may another copy."""
    init_file = Path(__file__).resolve().parent / "__init__.py"
    for module in list(sys.modules.values()):
        if getattr(module, "__addon_enabled__", False) and getattr(module, "bl_info", {}).get("name") == "StyleTalk":
            if Path(str(module.__file__)).resolve() == init_file:
                return module, False
            _disable(module)
    spec = importlib.util.spec_from_file_location(
        PRIVATE_NAME, init_file, submodule_search_locations=[str(init_file.parent)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[PRIVATE_NAME] = module
    spec.loader.exec_module(module)
    return module, True


def _disable(addon: ModuleType) -> None:
    import addon_utils  # the bpy module makes it importable

    addon_utils.disable(addon.__name__)


if __name__ == "__main__":
    # inside Blender a plain return means success; a failure must leave by sys.exit to become the exit code
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    if not bpy.app.binary_path and bpy.app.version < (4, 4, 0):
        os._exit(code)  # these bpy packages crash when Python ends once a property with a callback was registered
    if code:
        sys.exit(code)
