# SPDX-License-Identifier: GPL-3.0-or-later
"""The StyleTalk tab. Only draws."""
