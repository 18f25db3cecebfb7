# SPDX-License-Identifier: Apache-2.0
"""How the weights of `styletalk.speech.hearing` are made: converted, learnt and measured."""
