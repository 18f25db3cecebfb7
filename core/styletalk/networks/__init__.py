# SPDX-License-Identifier: Apache-2.0
"""The networks of StyleTalk (Ma et al., AAAI 2023, section 3): modules for training, a fast path for animating.

`inference` and what it needs (`fast_path`, `checkpoint`, …) take NumPy alone; the modules need torch. Nothing is
imported here, so that Blender's own Python can reach the first group.
"""
