# SPDX-License-Identifier: Apache-2.0
"""Weights in and out: our safetensors and the published formats. Nothing is unpickled."""
