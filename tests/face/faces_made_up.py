# SPDX-License-Identifier: Apache-2.0
"""Files in the formats of others' face models, of a face that is made up: half an ellipsoid with a nose."""

from pathlib import Path

import numpy as np
from scipy.io import savemat

BFM_VERTICES, EXPRESSION_VERTICES, FRONT_VERTICES = 53_490, 53_215, 35_709
"""The true sizes; smaller ones of the same proportions are as good."""
HEIGHT_DM, WIDTH_DM, DEPTH_DM = 2.0, 1.5, 1.0


def sheet(count: int) -> tuple[np.ndarray, np.ndarray]:
    """(count, 3) decimetres: the front of an ellipsoid, row by row from the chin up, and triangles (F, 3) that face +z.

    The last row may be incomplete; its vertices belong to no triangle.
    """
    columns = int(np.sqrt(count))
    x, y = (
        (np.arange(count) % columns) / (columns - 1) * 2 - 1,
        (np.arange(count) // columns) / (count / columns) * 2 - 1,
    )
    z = np.sqrt(np.clip(1.9 - 0.8 * x**2 - 0.8 * y**2, 0, None)) + 0.3 * np.exp(-20 * (x**2 + y**2))
    points = np.stack([x * WIDTH_DM / 2, y * HEIGHT_DM / 2, z * DEPTH_DM], 1)
    first = np.array([k for k in range(count - columns - 1) if k % columns < columns - 1])
    quads = np.stack([first, first + 1, first + columns + 1, first + columns], 1)
    return points, np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def keypoints(points: np.ndarray) -> np.ndarray:
    """(68,) vertices: jaw from the person's right to left, brows, nose, eyes, mouth, roughly where they are."""
    places = np.zeros((68, 2))
    places[:17] = [(np.sin(t) * 0.7, -np.cos(t) * 0.9) for t in np.linspace(-1.5, 1.5, 17)]
    places[17:27] = [(x, 0.5) for x in np.linspace(-0.5, 0.5, 10)]
    places[27:36] = [(0, y) for y in np.linspace(0.3, 0, 4)] + [(x, -0.15) for x in np.linspace(-0.1, 0.1, 5)]
    places[36:48] = [(x, 0.3) for x in np.linspace(-0.45, 0.45, 12)]
    places[48:] = [(x, -0.5) for x in np.linspace(-0.2, 0.2, 20)]
    return np.array([np.linalg.norm(points[:, :2] - place, axis=1).argmin() for place in places])


def directions(points: np.ndarray, count: int, seed: int) -> np.ndarray:
    """(3 V, count): smooth movements of unit size, each of another wavelength."""
    random = np.random.default_rng(seed)
    waves = np.sin(points @ random.normal(0, 2, (3, count)) + random.uniform(0, 6, count))
    return (waves[:, None, :] * random.normal(0, 1, (1, 3, count))).reshape(3 * len(points), count).astype(np.float32)


def write_front(folder: Path, count: int = FRONT_VERTICES, **changed: np.ndarray) -> Path:
    """BFM_model_front.mat. changed: tables that are other than they should be."""
    points, triangles = sheet(count)
    tables = {
        "meanshape": points.reshape(1, -1).astype(np.float32),
        "meantex": np.full((1, 3 * count), 150.0, np.float32),
        "idBase": 0.02 * directions(points, 80, 1),
        "exBase": 0.01 * directions(points, 64, 2),
        "texBase": np.zeros((3 * count, 80), np.float32),
        "tri": triangles + 1.0,
        "point_buf": np.ones((count, 8)),
        "keypoints": keypoints(points).reshape(1, 68) + 1.0,
        "skinmask": np.ones((1, count)),
    }
    path = folder / "BFM_model_front.mat"
    savemat(path, {**tables, **changed}, do_compression=True)
    return path


def write_originals(folder: Path, scale: float = 1.0, with_front: bool = True) -> dict[str, np.ndarray]:
    """Basel's file, Guo et al.'s and Deep3DFaceRecon's beside them; sizes times `scale`. Returns what is in them."""
    whole, kept, front = (int(n * scale) for n in (BFM_VERTICES, EXPRESSION_VERTICES, FRONT_VERTICES))
    random = np.random.default_rng(4)
    points, triangles = sheet(whole)
    made = {
        "points": points, "triangles": triangles, "keep": np.sort(random.choice(whole, kept, replace=False)),
        "front": np.sort(random.choice(kept, front, replace=False)),
        "shapePC": directions(points, 199, 5), "shapeEV": np.linspace(2e3, 1e2, 199),
    }  # fmt: skip
    made["expression"] = directions(points[made["keep"]], 79, 6).T.copy()
    made["deviations"] = np.linspace(1e3, 1e1, 79)
    savemat(
        folder / "01_MorphableModel.mat",
        {
            "shapePC": made["shapePC"], "shapeMU": (points * 1e5).reshape(-1, 1).astype(np.float32),
            "shapeEV": made["shapeEV"].reshape(-1, 1).astype(np.float32),
            "texMU": np.full((3 * whole, 1), 120, np.float32), "texPC": np.zeros((3 * whole, 2), np.float32),
            "texEV": np.ones((2, 1), np.float32), "tl": triangles + 1.0, "segbin": np.ones((whole, 4), np.uint8),
        },
    )  # fmt: skip
    with open(folder / "Exp_Pca.bin", "wb") as stream:
        stream.write(np.array([79], "<i4").tobytes() + np.zeros(3 * kept, "<f4").tobytes())
        stream.write(made["expression"].astype("<f4").tobytes())
    (folder / "std_exp.txt").write_text(" ".join(f"{value:.6e}" for value in made["deviations"]))
    savemat(folder / "BFM_exp_idx.mat", {"trimIndex": made["keep"].reshape(-1, 1) + 1.0})
    if with_front:
        savemat(folder / "BFM_front_idx.mat", {"idx": made["front"].reshape(-1, 1) + 1.0})
        cut = points[made["keep"]][made["front"]]
        triangles = np.stack([np.arange(front - 2), np.arange(1, front - 1), np.arange(2, front)], 1)
        marks = keypoints(cut).clip(0, front - 3)
        savemat(folder / "facemodel_info.mat", {"tri": triangles + 1.0, "keypoints": marks.reshape(1, 68) + 1.0})
        made.update(info_triangles=triangles, marks=marks)
    return made


def ict_names() -> list[str]:
    """ICT-FaceKit's expression files, by the names that its README lists."""
    sided = ("browDown", "browInnerUp", "browOuterUp", "cheekPuff", "cheekSquint", "eyeBlink", "eyeLookDown",
             "eyeLookIn", "eyeLookOut", "eyeLookUp", "eyeSquint", "eyeWide", "mouthDimple", "mouthFrown",
             "mouthLowerDown", "mouthPress", "mouthSmile", "mouthStretch", "mouthUpperUp", "noseSneer")  # fmt: skip
    whole = ("jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthFunnel", "mouthLeft", "mouthPucker",
             "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper")  # fmt: skip
    return [f"{name}_{side}" for name in sided for side in "LR"] + list(whole)


def write_ict(folder: Path, side: int = 14, identities: int = 100) -> np.ndarray:
    """FaceXModel with a mesh of side × side vertices in quads. Returns its points in centimetres."""
    points = sheet(side * side)[0] * 10
    first = np.array([k for k in range(side * (side - 1)) if k % side < side - 1])
    quads = np.stack([first, first + 1, first + side + 1, first + side], 1) + 1
    corners = "".join("f " + " ".join(f"{i}/{i}/{i}" for i in quad) + "\n" for quad in quads)
    uv = "".join(f"vt {k % side / side:.4f} {k // side / side:.4f}\n" for k in range(side * side))
    folder.mkdir(exist_ok=True)

    def write(name: str, moved: np.ndarray) -> None:
        lines = "".join(f"v {x:.6f} {y:.6f} {z:.6f}\n" for x, y, z in points + moved)
        (folder / f"{name}.obj").write_text(f"# a mesh\no {name}\n{lines}{uv}vn 0 0 1\n{corners}")

    write("generic_neutral_mesh", np.zeros_like(points))
    for number, name in enumerate(ict_names()):
        write(name, ict_movement(points, name, number))
    for number in range(identities):
        write(f"identity{number:03d}", 0.1 * np.sin(points * (number + 1)))
    marks = ", ".join(map(str, keypoints(points / 10)))
    (folder / "vertex_indices.json").write_text(f'{{"idx_to_landmark_verts": [{marks}]}}')
    return points


def ict_movement(points: np.ndarray, name: str, number: int) -> np.ndarray:
    """(V, 3) centimetres: what one of the expressions moves, on the person's left where its name ends in _L."""
    side = {"L": points[:, 0] > 0, "R": points[:, 0] < 0}.get(
        name[-1] if name[-2:-1] == "_" else "", np.ones(len(points))
    )
    return np.asarray(side, float)[:, None] * (0.01 * (number + 1), -0.1, 0.05)
