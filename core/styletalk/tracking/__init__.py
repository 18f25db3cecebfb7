# SPDX-License-Identifier: Apache-2.0
"""Faces in pictures: landmarks found in a film, and the coefficients fitted to them."""
