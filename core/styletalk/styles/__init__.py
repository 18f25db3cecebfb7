# SPDX-License-Identifier: Apache-2.0
"""Speaking styles: clips of expression coefficients, their codes, the presets, blending."""
