# SPDX-License-Identifier: GPL-3.0-or-later
"""A reader of what is tested of glTF, by its specification and with NumPy alone: where a mesh's vertices are, when.

Blender's own importer is not asked: 3.4's does not work with NumPy 1.24, and it holds weights to 0 to 1.
"""

import json
import struct
from pathlib import Path

import numpy as np

TYPES = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Glb:
    def __init__(self, path):
        data = Path(path).read_bytes()
        (length,) = struct.unpack("<I", data[12:16])
        self.json = json.loads(data[20 : 20 + length])
        self.binary = data[20 + length + 8 :]
        (self.animation,) = self.json["animations"]
        self.parents = {child: k for k, node in enumerate(self.json["nodes"]) for child in node.get("children", ())}

    def array(self, index):
        accessor = self.json["accessors"][index]
        width, kind = WIDTHS[accessor["type"]], TYPES[accessor["componentType"]]
        table = np.zeros((accessor["count"], width))
        if "bufferView" in accessor:
            table = self._view(accessor["bufferView"], kind, accessor["count"] * width, accessor.get("byteOffset", 0))
            table = table.reshape(-1, width).astype(float)
        if "sparse" in accessor:
            sparse = accessor["sparse"]
            at, values = sparse["indices"], sparse["values"]
            places = self._view(at["bufferView"], TYPES[at["componentType"]], sparse["count"], at.get("byteOffset", 0))
            moves = self._view(values["bufferView"], kind, sparse["count"] * width, values.get("byteOffset", 0))
            table[places] = moves.reshape(-1, width)
        return table

    def _view(self, index, kind, count, offset=0):
        view = self.json["bufferViews"][index]
        return np.frombuffer(self.binary, kind, count, view.get("byteOffset", 0) + offset).copy()

    def node_of(self, name):
        return next(k for k, node in enumerate(self.json["nodes"]) if node["name"] == name)

    def names(self, node):
        return self.json["meshes"][self.json["nodes"][node]["mesh"]]["extras"]["targetNames"]

    def times_s(self):
        samplers = self.animation["samplers"]
        return sorted({round(float(t), 6) for each in samplers for t in self.array(each["input"])[:, 0]})

    def weights(self, node, time_s):
        mesh = self.json["meshes"][self.json["nodes"][node]["mesh"]]
        return self._animated(node, "weights", time_s, mesh.get("weights", []))

    def vertices(self, node, time_s):
        """(V, 3) in the world, z up and towards -y as in Blender, of all parts of a mesh."""
        weights = np.asarray(self.weights(node, time_s))
        found = []
        for part in self.json["meshes"][self.json["nodes"][node]["mesh"]]["primitives"]:
            points = self.array(part["attributes"]["POSITION"])
            for weight, target in zip(weights, part.get("targets", ()), strict=True):
                if weight:
                    points = points + weight * self.array(target["POSITION"])
            found.append(
                points if "skin" not in self.json["nodes"][node] else self._skinned(node, part, points, time_s)
            )
        points = np.concatenate(found)
        if "skin" not in self.json["nodes"][node]:
            world = self._world(node, time_s)
            points = points @ world[:3, :3].T + world[:3, 3]
        return np.stack([points[:, 0], -points[:, 2], points[:, 1]], axis=1)

    def _skinned(self, node, part, points, time_s):
        skin = self.json["skins"][self.json["nodes"][node]["skin"]]
        inverse = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
        joints = np.array([self._world(joint, time_s) for joint in skin["joints"]]) @ inverse
        which = self.array(part["attributes"]["JOINTS_0"]).astype(int)
        blend = np.einsum("vk,vkab->vab", self.array(part["attributes"]["WEIGHTS_0"]), joints[which])
        return np.einsum("vab,vb->va", blend, np.column_stack([points, np.ones(len(points))]))[:, :3]

    def _world(self, node, time_s):
        local = self._local(node, time_s)
        return self._world(self.parents[node], time_s) @ local if node in self.parents else local

    def _local(self, node, time_s):
        entry = self.json["nodes"][node]
        x, y, z, w = self._animated(node, "rotation", time_s, entry.get("rotation", [0, 0, 0, 1]))
        turn = np.array([
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ])  # fmt: skip
        matrix = np.eye(4)
        matrix[:3, :3] = turn * self._animated(node, "scale", time_s, entry.get("scale", [1, 1, 1]))
        matrix[:3, 3] = self._animated(node, "translation", time_s, entry.get("translation", [0, 0, 0]))
        return matrix

    def _animated(self, node, path, time_s, rest):
        for channel in self.animation["channels"]:
            if channel["target"].get("node") == node and channel["target"]["path"] == path:
                sampler = self.animation["samplers"][channel["sampler"]]
                times, values = self.array(sampler["input"])[:, 0], self.array(sampler["output"])
                values = values.reshape(len(times), -1)
                return np.array([np.interp(time_s, times, column) for column in values.T])
        return np.asarray(rest, float)
