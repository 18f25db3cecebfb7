# SPDX-License-Identifier: Apache-2.0
"""The presets: what a mood is made of (`table`), its expression (`levels`), its motion (`motion`), its file (`make`).

    python -m styletalk_research.presets DATA [--weights FILE]

Nothing of a clip is copied: a preset is built from the mean, covariance and spectrum of clips, and from face shapes.
"""
