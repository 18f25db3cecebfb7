# SPDX-License-Identifier: Apache-2.0
"""Inference: labels and a style code to expression, with NumPy or torch, nothing computed twice."""
