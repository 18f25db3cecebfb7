# SPDX-License-Identifier: Apache-2.0
"""Training: data, the convolutional teachers, distillation into the StyleTalk networks, presets. Torch code."""
