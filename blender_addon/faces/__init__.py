# SPDX-License-Identifier: GPL-3.0-or-later
"""Talking faces as Blender objects, and what may be animated on them."""
