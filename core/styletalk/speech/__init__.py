# SPDX-License-Identifier: Apache-2.0
"""From sound (and, where given, its transcript or an alignment) to a timed phoneme track. Everything offline."""
