# SPDX-License-Identifier: Apache-2.0
"""Figures that say how good a motion, a picture or a set of labels is, the linear baseline, and tables of figures."""
