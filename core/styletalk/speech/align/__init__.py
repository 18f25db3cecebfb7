# SPDX-License-Identifier: Apache-2.0
"""Known words onto the sound: when each phoneme is spoken."""
