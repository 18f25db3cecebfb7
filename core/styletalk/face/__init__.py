# SPDX-License-Identifier: Apache-2.0
"""Faces: the open face and its file format, landmarks on the mesh, and other rigs' weights from the 64 coefficients."""
