# SPDX-License-Identifier: Apache-2.0
"""The networks of StyleTalk (Ma et al., AAAI 2023, section 3): modules for training, a fast path for animating.

`engine`, `checkpoints` and the configs need NumPy alone; `modules` need torch. Nothing is imported here, so that
Blender's own Python can use the first group.
"""
