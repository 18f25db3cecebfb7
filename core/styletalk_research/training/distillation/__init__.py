# SPDX-License-Identifier: Apache-2.0
"""Training from little data: small teachers fit the real clips, the StyleTalk networks learn from the teachers."""
