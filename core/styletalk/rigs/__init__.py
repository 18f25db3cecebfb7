# SPDX-License-Identifier: Apache-2.0
"""Other people's faces: which of their shapes is which, and how they move as the coefficients say."""
