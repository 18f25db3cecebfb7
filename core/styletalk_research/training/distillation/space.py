# SPDX-License-Identifier: Apache-2.0
"""The space that the teachers learn in: few components of mouth-weighted motion."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class MotionSpace:
    """Principal components under the metric 1/std² + lip Jacobian (both scaled to the same trace).

    encode: (64, K) float32, motion row -> components of unit variance. decode: (K, 64) float32, back.
    """

    encode: np.ndarray
    decode: np.ndarray

    @classmethod
    def fit(cls, motion: np.ndarray, lips: np.ndarray, components: int, lip_share: float = 0.5) -> "MotionSpace":
        """The space of motion (N, 64), clip means removed. lips: (64, L) Jacobian of lip landmarks."""
        deviation = motion.std(0) + 1e-4
        whitening = np.diag(1.0 / deviation**2)
        lip_metric = lips @ lips.T
        covariance = motion.T @ motion / len(motion)
        lip_metric *= np.trace(whitening @ covariance) / np.trace(lip_metric @ covariance)
        metric = (1.0 - lip_share) * whitening + lip_share * lip_metric
        root = np.linalg.cholesky(metric)  # metric = root rootᵀ, so |x root|² is the metric's length of row x
        values, vectors = np.linalg.eigh(root.T @ covariance @ root)
        order = np.argsort(values)[::-1][:components]
        scale = np.sqrt(values[order])
        encode = root @ vectors[:, order] / scale
        decode = (scale[:, None] * vectors[:, order].T) @ np.linalg.inv(root)
        return cls(encode=encode.astype(np.float32), decode=decode.astype(np.float32))

    @property
    def importance(self) -> np.ndarray:
        """(K,) float32, sums to K: the share of each component in the motion's metric length."""
        power = (self.decode**2).sum(1)
        return power * len(power) / power.sum()
