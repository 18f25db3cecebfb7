# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, as types. Every message is one sentence or two: what failed, then what to do."""

OUT_OF_MEMORY = "Out of memory. Close other programs or cut the sound in parts."


class StyleTalkError(Exception):
    """A failure that the user can correct. `str(error)` is shown to them as it stands."""

    def __str__(self) -> str:
        """Its text as UTF-8 can hold it: the names of files need not be text."""
        return super().__str__().encode("utf-8", "backslashreplace").decode()


class RequestError(StyleTalkError):
    """An option that does not exist, or whose value is of another type or out of range."""


class AudioError(StyleTalkError):
    """The sound cannot be used: missing, empty, corrupt, silent, or not sound at all."""


class TranscriptError(StyleTalkError):
    """The transcript cannot be used, or is not what is said in the sound."""


class PhonemeFileError(StyleTalkError):
    """A phoneme or alignment file is not in a format that we read, or contradicts itself."""


class StyleError(StyleTalkError):
    """No style by that name, or a style file that is not one."""


class WeightsError(StyleTalkError):
    """A checkpoint that is truncated, of another model, or does not fit its own config."""


class PoseError(StyleTalkError):
    """A head pose file that is not one, or has missing values."""


class RenderError(StyleTalkError):
    """The photoreal pass cannot use its photo or its coefficients, or has not enough memory."""


class FaceModelError(StyleTalkError):
    """A face model file that is not one, or a part of it that is missing."""


class CoefficientShapeError(StyleTalkError):
    """Coefficients of another shape than the published space has."""


class AnimationFileError(StyleTalkError):
    """An animation file that is not one of ours, or is damaged."""


class OutputError(StyleTalkError):
    """The result cannot be written: read-only folder, full disk, unknown ending."""


class MissingPackageError(StyleTalkError):
    """A Python package or program that this step needs is not installed. The message names the command."""


class Cancelled(StyleTalkError):
    """The user stopped the work. Nothing was written."""
