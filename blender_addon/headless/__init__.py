# SPDX-License-Identifier: GPL-3.0-or-later
"""Baking and filming without a window."""
