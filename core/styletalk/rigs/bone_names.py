# SPDX-License-Identifier: Apache-2.0
"""Which bone is the head, which are the eyes, and which move what of a face, by their names."""

from collections.abc import Iterable
from dataclasses import dataclass

from .spelling import LEFT, RIGHT, Spelling

_NEUTRAL = frozenset((
    "c", "x", "j", "m", "b", "cc", "base", "bip", "biped", "valve", "ctrl", "control", "con", "ctl", "fk",
    "bone", "bn", "jnt", "joint", "adj", "anim", "facial", "face", "skel", "sim", "rig", "mixamorig", "master",
    "main", "bind",
))  # fmt: skip
"""Words of bones' names that say nothing of the place."""
_DEEP = frozenset((
    "def", "org", "mch", "mech", "tgt", "ik", "target", "helper", "twist", "end", "top", "tip", "nub", "dummy",
    "ref", "shadow", "proxy",
))  # fmt: skip
"""Words of bones that other bones move, or that end a chain."""
_HEADS = {"head": 0, "頭": 0, "neck": 1, "首": 1}
_EYES = {"eye": 0, "eyeball": 0, "目": 0, "eyes": 1, "pupil": 2, "eyetarget": 3}
_KANA_SIDES = {"左": LEFT, "右": RIGHT}


@dataclass(frozen=True)
class BoneName:
    """A bone's name without its typography. words: what says something; side: LEFT, RIGHT or ""; extra: how many words
    say nothing; is_deep: whether it is likely moved by other bones. number: what stands at its end, 0 for none."""

    words: tuple[str, ...]
    side: str
    extra: int
    is_deep: bool
    number: int = 0

    @classmethod
    def of(cls, name: str) -> "BoneName":
        """Of any name, without a namespace (`mixamorig:Head`)."""
        plain = name.rsplit(":", 1)[-1]
        stem, _, tail = plain.rpartition(".")
        number = int(tail) if stem and tail.isdecimal() else 0
        kana = _KANA_SIDES.get(plain[:1], "")
        spelling = Spelling.of(plain[1:] if kana else plain)
        sides = {*spelling.sides, *filter(None, [kana])}
        words = tuple(word for word in spelling.words if not word.isdecimal() and word not in _NEUTRAL | _DEEP)
        digits = [int(word) for word in spelling.words if word.isdecimal() and len(word) <= 3]
        return cls(
            words, sides.pop() if len(sides) == 1 else "", len(spelling.words) - len(words),
            any(word in _DEEP for word in spelling.words), number or (digits[-1] if digits else 0),
        )  # fmt: skip


def head_bones(names: Iterable[str]) -> list[str]:
    """The bones that may carry the head's pose, the likeliest first: heads before necks, controls before what they
    move."""
    found = []
    for name in names:
        bone = BoneName.of(name)
        rank = _HEADS.get("".join(bone.words))
        if rank is not None and not bone.side:
            found.append((rank, bone.is_deep, bone.extra, name))
    return [name for *_, name in sorted(found, key=lambda each: each[:3])]


def is_neck(name: str) -> bool:
    """Whether a bone of that name is a neck's."""
    return _HEADS.get("".join(BoneName.of(name).words)) == 1


def eye_pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    """(left, right) bones that may aim the eyes, the likeliest first."""
    found: dict[tuple, dict[str, str]] = {}
    for name in names:
        bone = BoneName.of(name)
        rank = _EYES.get("".join(bone.words))
        if rank is not None and bone.side:
            # of `eye.L` and `eye_master.L` the former turns the eye, the latter its lids too
            found.setdefault((bone.is_deep, rank, bone.extra, bone.number), {}).setdefault(bone.side, name)
    return [(pair[LEFT], pair[RIGHT]) for _, pair in sorted(found.items()) if LEFT in pair and RIGHT in pair]


def sided_pairs(names: Iterable[str]) -> list[tuple[str, str]]:
    """(left, right) of all bones that there are two of."""
    found: dict[tuple, dict[str, str]] = {}
    for name in names:
        bone = BoneName.of(name)
        if bone.side and bone.words:
            found.setdefault((bone.words, bone.extra, bone.is_deep, bone.number), {}).setdefault(bone.side, name)
    return [(pair[LEFT], pair[RIGHT]) for pair in found.values() if len(pair) == 2]
