# SPDX-License-Identifier: Apache-2.0
"""The photoreal renderer, and films with sound."""
