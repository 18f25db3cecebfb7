# SPDX-License-Identifier: GPL-3.0-or-later
"""A face and its lines for other programs: recorded as they look, built anew in a scene of their own, and written."""
