# SPDX-License-Identifier: Apache-2.0
"""What is wrong with one clip, or with the data as a whole."""

from styletalk.errors import StyleTalkError


class ClipError(StyleTalkError):
    """One clip cannot be learnt from; the sentence says why. A scan names it and goes on without it."""


class TrainingDataError(StyleTalkError):
    """The training data is missing, or not in the published layout."""


class ManifestError(StyleTalkError):
    """The folder or the manifest as a whole cannot be used."""
