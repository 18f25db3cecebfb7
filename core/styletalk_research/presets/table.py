# SPDX-License-Identifier: Apache-2.0
"""What each preset is made of: clips of people who speak so, other moods, and face shapes as animators know them.

People differ more than moods do, and the clips of a mood are one to seven. What they have in common against speech at
rest therefore gives a part of the expression; the rest are the shapes that FACS names for the mood (Ekman & Friesen),
in the units of the open face's ARKit shapes. In the 64 coefficients both ends of a brow move together and lower lids
stay still; what a mood needs of that stands beside them. All was judged by eye, at rest and speaking, at intensities 0
to 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mood:
    """How a preset comes about.

    clips: what the names of its clips start with. strength: share of their difference from speech at rest.
    blend: shares of other moods' expressions. shapes: what is added, in ARKit shapes of the open face; a name without
    its side means both. beside: shapes of the upper face that stay beside the coefficients. lopsided: the two halves of
    the face may differ.
    gap, width: standard deviations of mouth gap and width of the preset's motion, in distances between the eye corners.
    motion_of: moods whose clips show how it moves, where it has none itself.
    """

    name: str
    clips: tuple[str, ...] = ()
    strength: float = 0.0
    blend: Mapping[str, float] = field(default_factory=dict)
    shapes: Mapping[str, float] = field(default_factory=dict)
    beside: Mapping[str, float] = field(default_factory=dict)
    gap: float = 0.050
    width: float = 0.038
    motion_of: tuple[str, ...] = ()
    lopsided: bool = False

    @property
    def origin(self) -> str:
        """What the style file says: all that its clips show, a part of clips or moods with shapes, or shapes alone."""
        if self.strength == 1.0:
            return "measured"
        return "blended" if self.clips or self.blend else "designed"

    @property
    def made_of(self) -> str:
        """What it is made of, in words, persons unnamed."""
        parts = [f"{self.strength:.0%} of the expression of its clips"] if self.clips else []
        parts += [f"{share:.0%} {name}" for name, share in self.blend.items()]
        shapes = dict.fromkeys((*self.shapes, *self.beside))
        parts += [f"face shapes {', '.join(shapes)}"] if shapes else []
        parts.append("motion from statistics of " + (" and ".join(self.motion_of) or "its clips"))
        return "; ".join(parts)


MOODS = (
    # Speech is recorded with lips a centimetre apart on average; an animator's neutral face is nearly closed and awake.
    Mood("neutral", ("andrew", "feifeili", "KristiNoem", "Obama"), 1.0, gap=0.050, width=0.038,
         shapes={"jawOpen": -0.14, "mouthSmile": 0.06, "eyeWide": 0.12}),
    Mood("warm", blend={"happy": 0.5}, motion_of=("neutral", "happy"), gap=0.048, width=0.040,
         shapes={"mouthSmile": 0.04, "browInnerUp": 0.15, "eyeWide": -0.1, "mouthUpperUp": -0.1},
         beside={"browInnerUp": 0.15, "cheekSquint": 0.05}),
    Mood("happy", ("happyenglish", "vscodehappy"), 0.6, gap=0.058, width=0.046,
         shapes={"mouthSmile": 0.65, "cheekSquint": 0.3, "browOuterUp": 0.1, "mouthUpperUp": 0.1, "eyeBlink": -0.05},
         beside={"cheekSquint": 0.55, "eyeSquint": 0.65}),
    Mood("excited", blend={"happy": 0.75, "surprised": 0.6}, motion_of=("happy", "surprised"), gap=0.072, width=0.054,
         shapes={"mouthSmile": 0.2, "jawOpen": 0.03, "eyeWide": 0.2}, beside={"eyeSquint": -0.2, "browOuterUp": 0.15}),
    Mood("sad", ("sad_emotion", "sadgirl"), 0.3, gap=0.040, width=0.030,
         shapes={"browInnerUp": 0.3, "browOuterUp": -0.3, "mouthFrown": 1.3, "eyeBlink": 0.18, "mouthShrugLower": 0.7,
                 "mouthSmile": -0.16, "mouthStretch": -0.1},
         beside={"browInnerUp": 1.0, "browDown": 0.12, "eyeSquint": 0.1}),
    Mood("tired", motion_of=("sad",), gap=0.034, width=0.024,
         shapes={"eyeBlink": 0.5, "browOuterUp": -0.15, "browInnerUp": -0.1, "mouthFrown": 0.2, "jawOpen": 0.08}),
    Mood("angry", ("angryice",), 0.4, gap=0.052, width=0.044,
         shapes={"browDown": 0.5, "mouthFrown": 0.7, "mouthSmile": -0.15, "eyeWide": 0.2, "mouthUpperUp": -0.3,
                 "mouthPress": 0.6, "mouthRollUpper": 0.2},
         beside={"browDown": 0.5, "browOuterUp": 0.7, "noseSneer": 0.15, "eyeSquint": 0.5}),
    Mood("furious", ("furious",), 0.6, gap=0.072, width=0.056,
         shapes={"browDown": 0.25, "noseSneer": 0.4, "mouthUpperUp": 0.4, "mouthLowerDown": 0.5, "mouthStretch": 0.3,
                 "mouthSmile": -0.15, "mouthFrown": 0.4, "eyeWide": 0.9, "jawOpen": 0.03},
         beside={"browDown": 0.55, "browOuterUp": 0.9, "noseSneer": 0.7, "cheekSquint": 0.2, "eyeSquint": 0.15}),
    Mood("surprised", ("surprisegirl", "spata"), 0.3, gap=0.060, width=0.040,
         shapes={"browInnerUp": 0.9, "browOuterUp": 0.9, "eyeWide": 0.9, "mouthSmile": -0.15, "mouthFunnel": 0.15,
                 "jawOpen": 0.05, "mouthUpperUp": -0.1},
         beside={"browInnerUp": 0.3, "browOuterUp": 0.4}),
    Mood("worried", blend={"sad": 0.35, "surprised": 0.35}, motion_of=("sad", "surprised"), gap=0.046, width=0.036,
         shapes={"browInnerUp": 0.6, "browOuterUp": -0.3, "mouthStretch": 0.6, "mouthFrown": 0.35, "eyeWide": 0.6},
         beside={"browInnerUp": 0.5, "browDown": 0.1}),
    Mood("disgusted", motion_of=("angry",), gap=0.046, width=0.036,
         shapes={"noseSneer": 0.8, "mouthUpperUp": 1.5, "mouthShrugUpper": 0.5, "cheekSquint": 0.6, "mouthFrown": 0.9,
                 "mouthShrugLower": 0.4, "eyeBlink": 0.1},
         beside={"noseSneer": 0.8, "cheekSquint": 0.6, "eyeSquint": 0.7}),
    Mood("contempt", motion_of=("neutral",), lopsided=True, gap=0.044, width=0.034,
         shapes={"mouthSmileLeft": 0.5, "mouthDimpleLeft": 0.8, "eyeBlink": 0.16, "browOuterUpRight": 0.5,
                 "browDownLeft": 0.3, "mouthPress": 0.2, "mouthShrugLower": 0.3},
         beside={"browOuterUpRight": 0.8, "browInnerUp": 0.15, "browDownLeft": 0.6, "cheekSquintLeft": 0.4,
                 "eyeSquintLeft": 0.3}),
)  # fmt: skip
