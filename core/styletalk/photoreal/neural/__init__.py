# SPDX-License-Identifier: Apache-2.0
"""The photoreal pass: one photo and an animation to frames, with the published renderer (needs torch)."""
