# SPDX-License-Identifier: Apache-2.0
"""A visible mark in a corner of every frame: white letters with a dark rim, readable on any picture."""

import numpy as np

from ..errors import RenderError

MAX_TEXT = 40
HEIGHT_SHARE = 1 / 28
"""Of a letter, of the picture's height."""
MARGIN_SHARE = 1 / 40
MAX_WIDTH_SHARE = 0.9
OPACITY = 0.85
_ROWS, _COLUMNS = 7, 5
_GLYPHS = {
    "A": "0E11111F111111", "B": "1E11111E11111E", "C": "0E11101010110E", "D": "1E11111111111E", "E": "1F10101E10101F",
    "F": "1F10101E101010", "G": "0E11101711110F", "H": "1111111F111111", "I": "0E04040404040E", "J": "0702020202120C",
    "K": "11121418141211", "L": "1010101010101F", "M": "111B1515111111", "N": "11191513111111", "O": "0E11111111110E",
    "P": "1E11111E101010", "Q": "0E11111115120D", "R": "1E11111E141211", "S": "0F10100E01011E", "T": "1F040404040404",
    "U": "1111111111110E", "V": "11111111110A04", "W": "1111111515150A", "X": "11110A040A1111", "Y": "11110A04040404",
    "Z": "1F01020408101F", "0": "0E11131519110E", "1": "040C040404040E", "2": "0E11010204081F", "3": "1F02040201110E",
    "4": "02060A121F0202", "5": "1F101E0101110E", "6": "0608101E11110E", "7": "1F010204080808", "8": "0E11110E11110E",
    "9": "0E11110F01020C", " ": "00000000000000", "-": "0000000E000000", ".": "00000000000C0C", ",": "000000000C0408",
    ":": "000C0C000C0C00", "/": "01010204081010", "!": "04040404040004", "?": "0E110102040004", "'": "0C040800000000",
    "(": "02040808080402", ")": "08040202020408", "+": "0004041F040400", "@": "0E11171517100E", "_": "0000000000001F",
    "&": "0C12140815120D", "#": "0A0A1F0A1F0A0A", "=": "00001F001F0000", "©": "0E110B0D0B110E",
}  # fmt: skip
"""Letter → its rows from above, each a number of two digits whose bits are pixels."""


class Watermark:
    """A text that is drawn into the lower left corner of pictures of one size."""

    def __init__(self, text: str) -> None:
        """Raises RenderError for a text that cannot be drawn."""
        self.text = text.upper()
        unknown = sorted(set(self.text) - set(_GLYPHS))
        if unknown or not self.text.strip() or len(self.text) > MAX_TEXT:
            known = "".join(sorted(set(_GLYPHS) - set(" ")))
            raise RenderError(
                f"The watermark {text[:MAX_TEXT]!r} cannot be drawn. Give up to {MAX_TEXT} characters of {known}."
            )
        self._drawn: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}

    def drawn_on(self, picture: np.ndarray) -> np.ndarray:
        """The picture (H, W, 3) or (H, W, 4) uint8 with the mark, which is opaque where the picture is not."""
        height, width, channels = picture.shape
        if (height, width) not in self._drawn:
            self._drawn = {(height, width): _masks(self.text, height, width)}
        letters, rim = self._drawn[height, width]
        marked = picture.copy()
        margin = max(1, round(height * MARGIN_SHARE))
        top, right = height - margin - letters.shape[0], margin + letters.shape[1]
        corner = marked[top : height - margin, margin:right]
        share = np.where(letters | rim, OPACITY, 0.0)[..., None].astype(np.float32)
        ink = np.where(letters, 255.0, 0.0)[..., None].astype(np.float32)
        corner[..., :3] = np.rint(corner[..., :3] * (1 - share) + ink * share)
        if channels == 4:
            corner[..., 3] = np.maximum(corner[..., 3], np.where(letters | rim, round(255 * OPACITY), 0))
        return marked


def _masks(text: str, height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """(h, w) bool each: where the letters are, and their rim; as large as the picture has room for."""
    plain = np.concatenate([_letter(each) for each in text], axis=1)
    room = int(width * MAX_WIDTH_SHARE) - 2
    scale = max(1, min(round(height * HEIGHT_SHARE / _ROWS), room // plain.shape[1]))
    plain = plain[:, : max(1, room // scale)]
    edge = max(1, scale // 2)
    letters = np.pad(plain.repeat(scale, axis=0).repeat(scale, axis=1), edge)
    rim = np.zeros_like(letters)
    for down in range(-edge, edge + 1):
        for right in range(-edge, edge + 1):
            rim |= np.roll(letters, (down, right), (0, 1))
    return letters, rim & ~letters


def _letter(each: str) -> np.ndarray:
    """(7, 6) bool: a letter and the gap behind it."""
    rows = np.frombuffer(bytes.fromhex(_GLYPHS[each]), np.uint8)
    bits = rows[:, None] >> np.arange(_COLUMNS - 1, -1, -1) & 1
    return np.pad(bits.astype(bool), ((0, 0), (0, 1)))
