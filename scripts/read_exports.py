# SPDX-License-Identifier: Apache-2.0
"""Opens what `make_exports.py` wrote with other programs' readers, and says how far each vertex is from Blender's:

    pip install usd-core ufbx alembic3d scipy                       # into an environment of its own
    npm install three @pixiv/three-vrm @pixiv/three-vrm-animation gltf-validator    # in a folder, for --node
    python scripts/read_exports.py FOLDER [--node FOLDER_OF_NODE_MODULES]

A reader that is not installed is left out, and named. Readers split and sort vertices: each is compared with the one
whose way through all moments is nearest, and each of Blender's must be found. Exits with 1 where one is off.
"""

import argparse
import contextlib
import gc
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np

TOLERANCE_MM = 0.1
UFBX_TRIES = 5
KEPT: list = []
"""What ufbx has opened: its Python package crashes where such things are let go of."""
NODE_READER = Path(__file__).resolve().with_name("read_exports.mjs")
Positions = np.ndarray
"""(T, V, 3) in the world, metres, z up."""


def y_up(points: np.ndarray) -> np.ndarray:
    """From y up to z up."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


def with_usd(path: Path, name: str, times_s: list[float]) -> Positions:
    """Pixar's: UsdSkel with blend shapes."""
    from pxr import Usd, UsdGeom, UsdSkel

    stage = Usd.Stage.Open(str(path))
    rate = stage.GetTimeCodesPerSecond()
    UsdSkel.BakeSkinning(stage.Traverse())
    meshes = [each for each in stage.Traverse() if each.IsA(UsdGeom.Mesh)]
    (mesh,) = (each for each in meshes if each.GetName() == name or each.GetParent().GetName() == name)
    found = []
    for time in times_s:
        points = np.array(UsdGeom.Mesh(mesh).GetPointsAttr().Get(time * rate))
        matrix = np.array(UsdGeom.Xformable(mesh).ComputeLocalToWorldTransform(time * rate))
        found.append(points @ matrix[:3, :3] + matrix[3, :3])
    scale = UsdGeom.GetStageMetersPerUnit(stage)
    return scale * np.array(found)


def with_ufbx(path: Path, name: str, times_s: list[float]) -> Positions:
    """ufbx, as Godot and others read FBX with; in a process of its own, for its Python package crashes now and then."""
    for _ in range(UFBX_TRIES):
        with contextlib.suppress(BrokenProcessPool), ProcessPoolExecutor(1) as pool:
            return pool.submit(_played_by_ufbx, path, name, times_s).result()
    raise RuntimeError("it crashed each time")


def _played_by_ufbx(path: Path, name: str, times_s: list[float]) -> Positions:
    import ufbx

    gc.disable()  # or it lets go of a scene while parts of it are looked at
    scene = ufbx.load_file(str(path), target_axes=ufbx.axes_right_handed_z_up, target_unit_meters=1.0)
    (stack,) = scene.anim_stacks
    KEPT.append(scene)
    found = []
    for time in times_s:
        KEPT.append(shown := scene.evaluate(stack.anim, stack.time_begin + time, evaluate_skinning=True))
        KEPT.append(nodes := list(shown.nodes))
        node = next(each for each in nodes if each.mesh is not None and each.name.replace(" ", "_") == name)
        mesh, matrix = node.mesh, node.geometry_to_world
        KEPT.append((mesh, mesh.skinned_position))
        values = mesh.skinned_position.values
        points = np.array([(point.x, point.y, point.z) for point in (values[k] for k in range(len(values)))])
        found.append(_moved(points, matrix) if mesh.skinned_is_local else points)
    return np.array(found)


def _moved(points: np.ndarray, matrix) -> np.ndarray:
    columns = (matrix.c0, matrix.c1, matrix.c2, matrix.c3)
    table = np.array([(each.x, each.y, each.z) for each in columns])
    return points @ table[:3] + table[3]


def with_alembic(path: Path, name: str, times_s: list[float]) -> Positions:
    """Alembic's own library."""
    from alembic3d import Abc, AbcGeom

    archive = Abc.IArchive(str(path))
    found: list[np.ndarray] = []

    def walk(thing, above: list) -> None:
        if AbcGeom.IXform.matches(thing.getHeader()):
            above = [*above, AbcGeom.IXform(thing.getParent(), thing.getName()).getSchema()]
        if AbcGeom.IPolyMesh.matches(thing.getHeader()) and thing.getParent().getName() == name:
            schema = AbcGeom.IPolyMesh(thing.getParent(), thing.getName()).getSchema()
            found.extend(_alembic_points(schema, above, time) for time in times_s)
        for number in range(thing.getNumChildren()):
            walk(thing.getChild(number), above)

    walk(archive.getTop(), [])
    return y_up(np.array(found))


def _alembic_points(schema, above: list, time_s: float) -> np.ndarray:
    from alembic3d import Abc

    moment = Abc.ISampleSelector(time_s)
    points = np.array([tuple(each) for each in schema.getValue(moment).getPositions()])
    for xform in reversed(above):
        matrix = xform.getValue(moment).getMatrix()
        table = np.array([[matrix[i][j] for j in range(4)] for i in range(4)])
        points = points @ table[:3, :3] + table[3, :3]
    return points


def with_node(modules: Path) -> Callable[[Path, str, list[float]], Positions]:
    """three.js under node: GLTFLoader and FBXLoader, played by its AnimationMixer."""

    def read(path: Path, name: str, times_s: list[float]) -> Positions:
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "points.f32"
            command = ["node", str(NODE_READER), str(modules), str(path), name, json.dumps(times_s), str(output)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=300)
            if done.returncode:
                raise RuntimeError(done.stderr.strip()[-600:])
            points = np.fromfile(output, "<f4").reshape(len(times_s), -1, 3)
        scale = 0.01 if "UNREAL" in path.name else 1.0  # it leaves an FBX in the centimetres that its header names
        return scale * y_up(points)

    return read


PLAYERS = {".usdc": (with_usd,), ".fbx": (with_ufbx,), ".abc": (with_alembic,)}


def worst_mm(found: Positions, shown: Positions) -> tuple[float, float]:
    """How far a vertex of a reader is from its own of Blender's at worst, and one of Blender's from its own there."""
    from scipy.spatial import cKDTree

    ways = [each.transpose(1, 0, 2).reshape(each.shape[1], -1) for each in (found, shown)]
    worst = []
    for one, other in (ways, ways[::-1]):
        nearest = cKDTree(other).query(one)[1]
        apart = (one - other[nearest]).reshape(len(one), -1, 3)
        worst.append(1000 * float(np.linalg.norm(apart, axis=2).max()))
    return worst[0], worst[1]


def main() -> int:
    """Read everything; print a line for each file and reader."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="files whose names have this in them")
    parser.add_argument("--node", type=Path, help="the folder that holds node_modules")
    options = parser.parse_args()
    bad: int = 0
    for about in sorted(options.folder.glob("*.npz")):
        data = np.load(about)
        for path in sorted(options.folder.glob(f"{about.stem}_*")):
            if options.only not in path.name:
                continue
            if options.node and path.suffix in (".glb", ".vrm", ".vrma"):
                bad += _errors(options.node, path)
            readers = list(PLAYERS.get(path.suffix, ()))
            if options.node and path.suffix in (".glb", ".fbx", ".vrm"):
                readers.append(with_node(options.node))
            for reader in readers:
                bad += _one(reader, path, about.stem, data)
    return 1 if bad else 0


def _errors(modules: Path, path: Path) -> int:
    """Whether Khronos's validator finds errors in a glTF file."""
    done = subprocess.run(
        ["node", str(NODE_READER), str(modules), str(path)], capture_output=True, text=True, timeout=300
    )
    print(f"{path.name:32} validator {done.stdout.strip() or done.stderr.strip()[-300:]}", flush=True)
    return int(done.returncode != 0)


def _one(reader: Callable, path: Path, name: str, data) -> int:
    title = "three.js" if reader.__name__ == "read" else reader.__name__.removeprefix("with_")
    try:
        found = reader(path, name, data["times_s"].tolist())
    except ImportError as error:
        print(f"{path.name:32} {title:9} not installed ({error.name})")
        return 0
    except Exception as error:
        print(f"{path.name:32} {title:9} FAILED: {type(error).__name__}: {error}")
        return 1
    there, back = worst_mm(found, data["points"].astype(float))
    print(f"{path.name:32} {title:9} {found.shape[1]:6} vertices, worst {there:.4f} mm, back {back:.4f} mm", flush=True)
    return int(max(there, back) > TOLERANCE_MM)


if __name__ == "__main__":
    sys.exit(main())
