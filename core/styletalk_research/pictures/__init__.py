# SPDX-License-Identifier: Apache-2.0
"""Pictures and films of a face model without Blender or a graphics card."""
