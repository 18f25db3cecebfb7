# SPDX-License-Identifier: Apache-2.0
"""What animates: labels and a style code in, expression out, with NumPy or torch, nothing computed twice."""
