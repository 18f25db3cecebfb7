# SPDX-License-Identifier: Apache-2.0
"""The talking face: speech in, 3DMM expression coefficients out. Knows no Blender."""

__version__ = "0.2.0"
