# SPDX-License-Identifier: GPL-3.0-or-later
"""The static repository: as Blender's own tool would list it, and used by Blender from a server on this machine."""

import functools
import http.server
import json
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from hosts import Host, hosts

import build_addon
from scripts.repository import MANIFEST, listed, write_repository
from styletalk import __version__

SCRIPT = Path(__file__).resolve().parent / "inside" / "use_repository.py"
NEWER = "99.0.1"
pytestmark = pytest.mark.blender
WITH_EXTENSIONS = [host for host in hosts() if not host.reason and tuple(map(int, host.version.split("."))) >= (4, 2)]


@pytest.fixture(scope="session")
def newer_zip(addon_zip, tmp_path_factory) -> Path:
    """The same add-on, of a later release."""
    path = tmp_path_factory.mktemp("newer") / "newer.zip"
    with zipfile.ZipFile(addon_zip) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == MANIFEST:
                content = content.replace(f'version = "{__version__}"'.encode(), f'version = "{NEWER}"'.encode())
            new.writestr(name, content)
    return path


@pytest.fixture
def served(tmp_path, addon_zip):
    """(folder, URL) of a repository that a server on this machine offers."""
    folder = tmp_path / "served"
    write_repository(folder, addon_zip)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}/index.json"
        server.shutdown()


def test_the_listing_is_that_of_blenders_own_tool(tmp_path, addon_zip):
    tool = build_addon._validator()
    if tool is None:
        pytest.skip("no bpy is installed beside the tests, and the tool comes with it")
    ours = json.loads(write_repository(tmp_path / "ours", addon_zip).read_text())
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / f"styletalk_blender-{__version__}.zip").write_bytes(addon_zip.read_bytes())
    command = [sys.executable, tool, "server-generate", f"--repo-dir={tmp_path / 'theirs'}"]
    subprocess.run(command, check=True, capture_output=True)
    assert json.loads((tmp_path / "theirs" / "index.json").read_text()) == ours


def test_a_newer_version_takes_the_place_of_the_older(tmp_path, addon_zip, newer_zip):
    """One zip and the listing of it; what else lies there is left alone. Twice the same is the same bytes."""
    (tmp_path / "robots.txt").touch()
    write_repository(tmp_path, addon_zip)
    listing = write_repository(tmp_path, newer_zip)
    first = listing.read_bytes()
    assert write_repository(tmp_path, newer_zip).read_bytes() == first
    archive = f"styletalk_blender-{NEWER}.zip"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.json", "robots.txt", archive]
    (entry,) = json.loads(first)["data"]
    assert entry == listed(newer_zip, (tmp_path / archive).read_bytes()) and entry["version"] == NEWER


@pytest.mark.parametrize("host", WITH_EXTENSIONS, ids=lambda host: host.version)
def test_blender_adds_installs_and_updates(host: Host, tmp_path, served, newer_zip):
    folder, url = served
    write_repository(tmp_path / "newer", newer_zip)
    given = {
        "url": url,
        "served": str(folder),
        "newer": str(tmp_path / "newer"),
        "versions": str(tmp_path / "versions"),
    }
    (tmp_path / "inputs.json").write_text(json.dumps(given))
    done = host.run(SCRIPT, [tmp_path / "inputs.json"], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((tmp_path / "versions").read_text()) == [__version__, NEWER]
