# SPDX-License-Identifier: Apache-2.0
"""The generator for animating: the numbers of `generator.StyleTalkGenerator`, with nothing computed twice.

Written out straightforwardly, every frame mixes its own kernels: a matrix of frames × weights in each layer. But the
style is one for the whole line, and much else is the same for all frames. Read from the top:

    generator      a style clip to its code, a code to a prepared style, windows and a prepared style to expression
    style          the style encoder; what a style code alone decides: mixed kernels, first tokens, first questions
    articulation   the audio encoder; each label at each place of the window is a table
    decoder        one half of the face; in the last layer only the middle token, for only that becomes expression
    blocks         attention, feed-forward, tail: what those are made of

All of it is generic over `operations.protocol.Operations`, and counts what it multiplies (`operation_count`).
"""
