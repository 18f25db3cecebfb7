# SPDX-License-Identifier: Apache-2.0
"""The generator for animating: the numbers of `generator.StyleTalkGenerator`, with nothing computed twice.

Written out plainly, every frame mixes its own kernels: a matrix of frames × weights in each layer. But the style is the
same for the whole line, and so is much else. Read from the top:

    generator      a style clip to its code, a code to a prepared style, windows and a prepared style to expression
    style          the style encoder; what a style code alone decides: mixed kernels, first tokens, query projections
    articulation   the audio encoder; the tokens of each label at each place of the window are a table
    decoder        one half of the face; in the last layer only the middle token, the one that becomes expression
    blocks         attention, feed-forward and output blocks that those are made of

All of it is generic over `operations.protocol.Operations`, and counts what it multiplies (`operation_count`).
"""
