# SPDX-License-Identifier: Apache-2.0
"""Figures that say how good a motion, a picture or a set of labels is, and the linear baseline beside them."""
