# SPDX-License-Identifier: Apache-2.0
"""Speech recognition, where there is no transcript: words, or phones without words."""
