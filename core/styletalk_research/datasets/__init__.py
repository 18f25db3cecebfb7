# SPDX-License-Identifier: Apache-2.0
"""What is learnt from: pairs of sound and motion on disk, their labels, their offsets corrected."""
