# SPDX-License-Identifier: GPL-3.0-or-later
"""From an animation to F-curves, NLA strips and sound strips."""
