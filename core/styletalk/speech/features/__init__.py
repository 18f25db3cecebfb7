# SPDX-License-Identifier: Apache-2.0
"""What the networks are given of a sound beside its phonemes."""
