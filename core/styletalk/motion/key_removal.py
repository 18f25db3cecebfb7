# SPDX-License-Identifier: Apache-2.0
"""Which keys are missed least: what each costs that is left out, while its neighbours move to where they are best."""

from dataclasses import dataclass

import numpy as np

from .key_curves import KeyRow, cubic, inverted, rise

NEIGHBOURS = 2
"""How far away keys still move along, beyond the two beside the one that is left out."""
APART = 3
"""Of keys that are left out at once, two of a channel have so many others between them, less one."""


@dataclass(frozen=True)
class Removal:
    """which: (R,) keys that may go. costs: (R,) what the squared error grows by. before, after: (R, 2) what value and
    slope of the keys on either side change by then."""

    which: np.ndarray
    costs: np.ndarray
    before: np.ndarray
    after: np.ndarray

    def chosen(self, share: float, barred: np.ndarray, total: int) -> "Removal":
        """The cheapest share of all `total` keys, none of those that are barred (R,), and never neighbours."""
        want, gone, chosen = int(share * total), bytearray(total + APART), []
        for each in np.argsort(self.costs):
            key = self.which[each]
            if barred[each] or 1 in gone[max(key - APART + 1, 0) : key + APART]:
                continue
            gone[key] = 1
            chosen.append(each)
            if len(chosen) >= want:
                break
        found = np.array(chosen, int)
        return Removal(self.which[found], self.costs[found], self.before[found], self.after[found])

    def without(self, keys: np.ndarray) -> np.ndarray:
        """(2, K) keys after the others have moved; those left out are as they were."""
        moved = keys.copy()
        np.add.at(moved.T, self.which - 1, self.before)
        np.add.at(moved.T, self.which + 1, self.after)
        moved[:, self.which] = keys[:, self.which]
        return moved


def removal(row: KeyRow, keys: np.ndarray, weight: np.ndarray) -> Removal:
    """What leaving out each key of (2, K) costs, each by itself. weight: (C, N).

    A key may go where value and slope of the cubic between its neighbours are its own, which is a bound on the least
    squares: λ = S⁻¹ A z costs zᵀ Aᵀ λ, with A z how far they are from it, and S = A M⁻¹ Aᵀ.
    """
    itself, following = row.blocks(weight)
    inner = row.inner
    left, right = _summed_up(itself, following)
    to_left, to_right = np.swapaxes(following[inner - 1], 1, 2), following[inner]
    from_left, from_right = inverted(left[inner - 1]), inverted(right[inner + 1])
    before, after = _merged(row, inner)
    turned = [np.swapaxes(each, 1, 2) for each in (before, after)]
    centre = itself[inner] - to_left @ from_left @ following[inner - 1] - to_right @ from_right @ _turned(to_right)
    middle = inverted(centre) @ (-np.eye(2) - to_left @ (from_left @ turned[0]) - to_right @ (from_right @ turned[1]))
    first = from_left @ (turned[0] - following[inner - 1] @ middle)
    last = from_right @ (turned[1] - _turned(to_right) @ middle)
    values = keys.T.astype(np.float64)[..., None]
    missing = before @ values[inner - 1] - values[inner] + after @ values[inner + 1]
    pull = inverted(before @ first - middle + after @ last) @ missing
    costs = (missing * pull).sum(axis=(1, 2))
    return Removal(inner, costs, -(first @ pull)[..., 0], -(last @ pull)[..., 0])


def _turned(matrices: np.ndarray) -> np.ndarray:
    return np.swapaxes(matrices, 1, 2)


def _summed_up(itself: np.ndarray, following: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(K, 2, 2) each: what a key has to do with itself when those before it, and those after it, move along."""
    preceding, left, right = np.roll(following, 1, axis=0), itself, itself
    for _ in range(NEIGHBOURS):
        left = itself - _turned(preceding) @ inverted(np.roll(left, 1, axis=0)) @ preceding
        right = itself - following @ inverted(np.roll(right, -1, axis=0)) @ _turned(following)
    return left, right


def _merged(row: KeyRow, inner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(R, 2, 2) each: what the keys on either side count for value and slope of one cubic over both spans."""
    span = (row.frame[inner + 1] - row.frame[inner - 1]).astype(np.float64)
    share = (row.frame[inner] - row.frame[inner - 1]) / span
    value, slope = np.array(cubic(share, span)), np.array(rise(share, span))
    both = np.stack([value, slope], axis=1)  # (4, 2, R)
    return both[:2].transpose(2, 1, 0), both[2:].transpose(2, 1, 0)
