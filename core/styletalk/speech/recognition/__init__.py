# SPDX-License-Identifier: Apache-2.0
"""Speech recognition, where there is no transcript: phonemes as they are heard, or words."""
