# SPDX-License-Identifier: Apache-2.0
"""Audio features: the input of the networks beside phoneme labels."""
