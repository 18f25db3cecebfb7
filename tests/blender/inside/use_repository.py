# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside Blender: adds a repository by its URL, installs the add-on from it, and updates it to a newer version."""

import json
import shutil
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from harness import ADDON_ID, arguments, end


def version(module: str) -> str:
    """Of the add-on that is installed and enabled."""
    import addon_utils

    assert addon_utils.check(module) == (True, True) and hasattr(bpy.types.Object, "styletalk")
    manifest = Path(sys.modules[module].__file__).with_name("blender_manifest.toml").read_text(encoding="utf-8")
    return next(line.split('"')[1] for line in manifest.splitlines() if line.startswith("version = "))


if __name__ == "__main__":
    given = json.loads(Path(arguments()[0]).read_text())
    bpy.context.preferences.system.use_online_access = True
    bpy.ops.preferences.extension_repo_add(type="REMOTE", name="Studio", remote_url=given["url"])
    repositories = list(bpy.context.preferences.extensions.repos)
    index = next(at for at, each in enumerate(repositories) if each.remote_url == given["url"])
    module = f"bl_ext.{repositories[index].module}.{ADDON_ID}"
    bpy.ops.extensions.repo_sync(repo_index=index)
    bpy.ops.extensions.package_install(repo_index=index, pkg_id=ADDON_ID, enable_on_install=True)
    versions = [version(module)]
    for path in Path(given["newer"]).iterdir():
        shutil.copyfile(path, Path(given["served"]) / path.name)
    bpy.ops.extensions.repo_sync_all()
    bpy.ops.extensions.package_upgrade_all()
    versions.append(version(module))
    bpy.ops.preferences.addon_disable(module=module)
    Path(given["versions"]).write_text(json.dumps(versions))
    end()
