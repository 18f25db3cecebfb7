# SPDX-License-Identifier: GPL-3.0-or-later
"""A static extension repository: a folder that any web server can offer, and that Blender 4.2 and newer adds by URL.

    python scripts/repository.py [-o FOLDER]        dist/repository: index.json and the add-on's zip

Blender compares the version in index.json with the installed one: put a newer folder in its place, and it offers the
update. The listing's format is version v1, as `blender --command extension server-generate` writes it.
"""

import argparse
import hashlib
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT))

import build_addon  # noqa: E402 - a script beside the packages, which makes them importable too
from styletalk.errors import OutputError  # noqa: E402
from styletalk.files.writing import written_whole  # noqa: E402

LISTING_VERSION = "v1"
MANIFEST = f"{build_addon.ADDON_ID}/blender_manifest.toml"


def write_repository(folder: Path, archive: Path) -> Path:
    """Put the add-on's zip and a listing of it into `folder`, where an older zip of it may lie. Returns the listing.

    Whoever downloads meanwhile gets the old version or the new one. Raises OutputError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = archive.read_bytes()
    entry = listed(archive, content)
    target, listing = folder / f"{entry['id']}-{entry['version']}.zip", folder / "index.json"
    with written_whole(target) as temporary:
        temporary.write_bytes(content)
    with written_whole(listing) as temporary:
        text = json.dumps({"version": LISTING_VERSION, "blocklist": [], "data": [entry]}, indent=2)
        temporary.write_text(text + "\n", encoding="utf-8")
    for older in folder.glob(f"{entry['id']}-*.zip"):
        if older != target:
            older.unlink()
    return listing


def listed(archive: Path, content: bytes) -> dict[str, Any]:
    """What the listing says of a zip: all of its manifest but how it was built, where it lies and its checksum."""
    import tomllib  # Python 3.11

    with zipfile.ZipFile(archive) as opened:
        manifest = tomllib.loads(opened.read(MANIFEST).decode())
    place = {
        "archive_url": f"./{manifest['id']}-{manifest['version']}.zip",
        "archive_size": len(content),
        "archive_hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }
    return {**{key: value for key, value in manifest.items() if key != "build"}, **place}


def main() -> int:
    """Build the add-on and its repository; say where it lies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=CHECKOUT / "dist" / "repository", metavar="FOLDER")
    try:
        print(write_repository(parser.parse_args().output, build_addon.build()))
    except (build_addon.BuildError, OutputError, OSError, ImportError) as error:
        advice = " Use Python 3.11 or newer." if isinstance(error, ImportError) else ""
        print(f"repository: {error}.{advice}" if advice else f"repository: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
