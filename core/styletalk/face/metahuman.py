# SPDX-License-Identifier: Apache-2.0
"""The face controls of a MetaHuman, set so that it shows what ARKit weights show."""

import numpy as np

from .arkit_names import ARKIT_NAMES

PREFIX = "CTRL_expressions_"
CONTROLS: dict[str, dict[str, float]] = {
    "eyeBlinkLeft": {"eyeBlinkL": 1},
    "eyeLookDownLeft": {"eyeLookDownL": 1},
    "eyeLookInLeft": {"eyeLookRightL": 1},
    "eyeLookOutLeft": {"eyeLookLeftL": 1},
    "eyeLookUpLeft": {"eyeLookUpL": 1},
    "eyeSquintLeft": {"eyeSquintInnerL": 1},
    "eyeWideLeft": {"eyeWidenL": 1},
    "eyeBlinkRight": {"eyeBlinkR": 1},
    "eyeLookDownRight": {"eyeLookDownR": 1},
    "eyeLookInRight": {"eyeLookLeftR": 1},
    "eyeLookOutRight": {"eyeLookRightR": 1},
    "eyeLookUpRight": {"eyeLookUpR": 1},
    "eyeSquintRight": {"eyeSquintInnerR": 1},
    "eyeWideRight": {"eyeWidenR": 1},
    "jawForward": {"jawFwd": 1},
    "jawLeft": {"jawLeft": 1},
    "jawRight": {"jawRight": 1},
    "jawOpen": {"jawOpen": 1},
    "mouthFunnel": {"mouthFunnelUL": 1, "mouthFunnelUR": 1, "mouthFunnelDL": 1, "mouthFunnelDR": 1},
    "mouthPucker": {
        "mouthLipsPurseUL": 1,
        "mouthLipsPurseUR": 1,
        "mouthLipsPurseDL": 1,
        "mouthLipsPurseDR": 1,
        "mouthLipsTowardsUL": 0.412,
        "mouthLipsTowardsUR": 0.412,
        "mouthLipsTowardsDL": 0.412,
        "mouthLipsTowardsDR": 0.412,
        "mouthFunnelUL": 0.752,
        "mouthFunnelUR": 0.752,
        "mouthFunnelDL": 0.752,
        "mouthFunnelDR": 0.752,
    },
    "mouthLeft": {"mouthLeft": 1},
    "mouthRight": {"mouthRight": 1},
    "mouthSmileLeft": {"mouthCornerPullL": 1},
    "mouthSmileRight": {"mouthCornerPullR": 1},
    "mouthFrownLeft": {"mouthCornerDepressL": 1},
    "mouthFrownRight": {"mouthCornerDepressR": 1},
    "mouthDimpleLeft": {"mouthDimpleL": 1},
    "mouthDimpleRight": {"mouthDimpleR": 1},
    "mouthStretchLeft": {"mouthStretchL": 1},
    "mouthStretchRight": {"mouthStretchR": 1},
    "mouthRollLower": {
        "mouthUpperLipRollInL": 0.499,
        "mouthUpperLipRollInR": 0.499,
        "mouthLowerLipRollInL": 1,
        "mouthLowerLipRollInR": 1,
    },
    "mouthRollUpper": {"mouthUpperLipRollInL": 0.998, "mouthUpperLipRollInR": 0.998},
    "mouthShrugLower": {"jawChinRaiseDL": 1, "jawChinRaiseDR": 1},
    "mouthShrugUpper": {"jawChinRaiseUL": 1, "jawChinRaiseUR": 1},
    "mouthPressLeft": {"mouthPressUL": 1, "mouthPressDL": 1},
    "mouthPressRight": {"mouthPressUR": 1, "mouthPressDR": 1},
    "mouthLowerDownLeft": {"mouthLowerLipDepressL": 1},
    "mouthLowerDownRight": {"mouthLowerLipDepressR": 1},
    "mouthUpperUpLeft": {"mouthUpperLipRaiseL": 1},
    "mouthUpperUpRight": {"mouthUpperLipRaiseR": 1},
    "browDownLeft": {"browDownL": 1},
    "browDownRight": {"browDownR": 1},
    "browInnerUp": {"browLateralL": 1, "browLateralR": 1, "browRaiseInL": 1, "browRaiseInR": 1},
    "browOuterUpLeft": {"browRaiseInL": 1, "browRaiseOuterL": 1},
    "browOuterUpRight": {"browRaiseInR": 1, "browRaiseOuterR": 1},
    "cheekPuff": {"mouthCheekBlowL": 1, "mouthCheekBlowR": 1, "mouthLipsBlowL": 1, "mouthLipsBlowR": 1},
    "cheekSquintLeft": {"eyeCheekRaiseL": 1},
    "cheekSquintRight": {"eyeCheekRaiseR": 1},
    "noseSneerLeft": {"noseWrinkleL": 1},
    "noseSneerRight": {"noseWrinkleR": 1},
    "tongueOut": {"tongueDown": 0.826, "tongueOut": 0.769, "tonguerolldown": 0.2473, "tongueWide": 0.628},
}
"""By ARKit shape, what each control is set to where the shape weighs 1. Names and values are those of Unreal's own pose
asset for ARKit on MetaHumans, as public tools list them, without its artefacts of baking."""
LIPS_TOGETHER = tuple(f"mouthLipsTogether{part}" for part in ("UL", "UR", "DL", "DR"))
"""mouthClose undoes jawOpen and MetaHumans say how much of it: their control is mouthClose over jawOpen."""


def metahuman_curves(weights: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the controls (C,) and their curves (N, C) float32 in 0..1, for ARKit weights (N, 52)."""
    columns = dict(zip(ARKIT_NAMES, np.asarray(weights, np.float64).T, strict=True))
    curves: dict[str, np.ndarray] = {}
    for shape, controls in CONTROLS.items():
        for control, share in controls.items():
            curves[control] = curves.get(control, 0.0) + share * columns[shape]
    jaw = columns["jawOpen"]
    together = np.divide(columns["mouthClose"], jaw, out=np.zeros_like(jaw), where=jaw > 0)
    for control in LIPS_TOGETHER:
        curves[control] = together
    names = tuple(sorted(curves))
    table = np.stack([curves[name] for name in names], axis=1)
    return tuple(PREFIX + name for name in names), np.clip(table, 0, 1).astype(np.float32)
