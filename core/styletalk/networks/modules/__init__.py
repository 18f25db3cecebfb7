# SPDX-License-Identifier: Apache-2.0
"""The published networks as torch modules, with the published state-dict names: what training trains."""
