# SPDX-License-Identifier: Apache-2.0
"""What happens after the networks: lips that close, blinks, gaze, the head, and the rows at a scene's own rate."""
