# SPDX-License-Identifier: GPL-3.0-or-later
"""What is set and saved: the lines of a face, preferences, and what older versions saved."""
