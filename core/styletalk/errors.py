# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, as types. Every message is one sentence or two: what failed, then what to do."""

OUT_OF_MEMORY = "Out of memory. Close other programs or cut the sound in parts."
MAX_MESSAGE = 300
"""Characters. A longer message is hard to read in a dialog, and its long part is a name or a symbol."""
_MIN_NAME = 40


class StyleTalkError(Exception):
    """A failure that the user can correct. `str(error)` is shown to them as it stands: one line, see `one_line`."""

    def __init__(self, message: str = "") -> None:
        super().__init__(one_line(message))


def one_line(message: str) -> str:
    """The message without line breaks and what no terminal takes, at most MAX_MESSAGE long.

    Of what is too long, the middle of the longest names goes, then the middle of the whole.
    """
    short = _without_middle(str(message), 10 * MAX_MESSAGE)
    plain = (c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in short)
    words = "".join(plain).split()
    for word in sorted(words, key=len, reverse=True):
        excess = len(" ".join(words)) - MAX_MESSAGE
        if excess > 0 and len(word) > _MIN_NAME:
            words[words.index(word)] = _without_middle(word, max(_MIN_NAME, len(word) - excess))
    return _without_middle(" ".join(words), MAX_MESSAGE)


def _without_middle(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return f"{text[: length // 2]}…{text[len(text) - (length - length // 2 - 1) :]}"


class RequestError(StyleTalkError):
    """An option that does not exist, or whose value is of another type or out of range."""


class AudioError(StyleTalkError):
    """The sound cannot be used: missing, empty, corrupt, silent, or not sound at all."""


class TranscriptError(StyleTalkError):
    """The transcript cannot be used, or is not what is said in the sound."""


class PhonemeFileError(StyleTalkError):
    """A phoneme or alignment file is not in a format that we read, or contradicts itself."""


class TrackEditError(StyleTalkError):
    """A change of a phoneme track that cannot be made."""


class StyleError(StyleTalkError):
    """No style by that name, or a style file that is not one."""


class WeightsError(StyleTalkError):
    """A checkpoint that is truncated, of another model, or does not fit its own config."""


class PoseError(StyleTalkError):
    """A head pose file that is not one, or has missing values."""


class IntensityCurveError(StyleTalkError):
    """A file that is no intensity over time."""


class RenderError(StyleTalkError):
    """The photoreal pass cannot use its photo or its coefficients, or has not enough memory."""


class PortraitError(StyleTalkError):
    """A photo in which no face can be fitted, or a portrait file that is not one."""


class SigningError(StyleTalkError):
    """A certificate or key that no file can be signed with."""


class FaceModelError(StyleTalkError):
    """A face model file that is not one, or a part of it that is missing."""


class RigError(StyleTalkError):
    """A face whose shapes cannot be told, or a mapping that is not one or belongs to another face."""


class CoefficientShapeError(StyleTalkError):
    """Coefficients of another shape than the published space has."""


class AnimationFileError(StyleTalkError):
    """An animation file that is not one of ours, or is damaged."""


class FilmError(StyleTalkError):
    """A film or photo that cannot be read, or in which no face can be followed."""


class BatchError(StyleTalkError):
    """A list of lines that cannot be read, or whose lines contradict each other."""


class OutputError(StyleTalkError):
    """The result cannot be written: read-only folder, full disk, unknown ending."""


class MissingPackageError(StyleTalkError):
    """A Python package or program that this step needs is not installed. The message names the command."""


class Cancelled(StyleTalkError):
    """The user stopped the work. Nothing was written."""
