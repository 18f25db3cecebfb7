# SPDX-License-Identifier: Apache-2.0
"""Files in and out: written whole or not at all; other programs' containers read with NumPy alone."""
