# SPDX-License-Identifier: Apache-2.0
"""What stands where in the published clips, `.mat` files of `coeff` (N, 257) and `transform_params` (N, 5)."""

COEFFICIENTS, CROP = "coeff", "transform_params"
"""Identity, expression, texture, angle, gamma and translation; and the crop's picture size, scale and centre."""
COLUMNS = 257
EXPRESSION = slice(80, 144)
ANGLE, TRANSLATION = slice(224, 227), slice(254, 257)
CROP_COLUMNS = 5
