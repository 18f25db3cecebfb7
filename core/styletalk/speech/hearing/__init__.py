# SPDX-License-Identifier: Apache-2.0
"""What is said, heard with NumPy alone: Whisper's encoder, and a phoneme network on what it makes of the sound."""
