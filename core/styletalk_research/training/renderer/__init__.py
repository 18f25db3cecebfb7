# SPDX-License-Identifier: Apache-2.0
"""Training of the photoreal renderer: a photo of a clip and a window of its coefficients to a frame of the clip."""
