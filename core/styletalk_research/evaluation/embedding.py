# SPDX-License-Identifier: Apache-2.0
"""Many numbers to two, for pictures: principal components, and t-SNE in its exact form for a few hundred points."""

import numpy as np

from ..metrics.scores import pairwise_distances

PERPLEXITY = 12.0
STEPS, EXAGGERATED_STEPS = 750, 150
EXAGGERATION = 8.0
RATE, MOMENTUM = 0.2, 0.8
SEARCHES = 60


def principal_components(points: np.ndarray, count: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, d) on their first components (N, count), and the share of variance that each of these holds."""
    centred = np.asarray(points, np.float64) - np.mean(points, axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    scores = left[:, :count] * sizes[:count]
    share = sizes[:count] ** 2 / max(float((sizes**2).sum()), 1e-30)
    missing = count - scores.shape[1]
    return np.pad(scores, ((0, 0), (0, missing))), np.pad(share, (0, missing))


def tsne(points: np.ndarray, perplexity: float = PERPLEXITY) -> np.ndarray:
    """(N, 2) t-SNE of points (N, d), deterministic: it starts from the principal components.

    van der Maaten & Hinton 2008, equations 1 to 5, gradient of section 3 with momentum and early exaggeration. The
    perplexity is cut to a third of the points. Distances between far groups mean nothing in it, neighbours do.
    """
    count = len(points)
    start, _ = principal_components(points)
    if count < 4:
        return start
    wanted = _joint(pairwise_distances(points) ** 2, min(perplexity, (count - 1) / 3))
    places = start / max(float(start[:, 0].std()), 1e-12) * 1e-2
    velocity = np.zeros_like(places)
    for step in range(STEPS):
        target = wanted * (EXAGGERATION if step < EXAGGERATED_STEPS else 1.0)
        velocity = MOMENTUM * velocity - RATE * count * _gradient(places, target)
        places = places + velocity
        places -= places.mean(0)
    return places


def _joint(square: np.ndarray, perplexity: float) -> np.ndarray:
    """(N, N) symmetric probabilities p_ij of neighbours, each row's Gaussian as wide as the perplexity asks."""
    shares = np.stack([_neighbours(np.delete(row, k), perplexity) for k, row in enumerate(square)])
    full = np.zeros_like(square)
    full[~np.eye(len(square), dtype=bool)] = shares.ravel()
    return np.maximum((full + full.T) / (2 * len(square)), 1e-12)


def _neighbours(square: np.ndarray, perplexity: float) -> np.ndarray:
    """(N - 1,) p_j|i of one point's squared distances: bisection for the precision with the wanted entropy."""
    low, high = -30.0, 30.0
    scale = max(float(np.median(square)), 1e-30)
    for _ in range(SEARCHES):
        middle = (low + high) / 2
        share = np.exp(-(square - square.min()) / scale * np.exp(middle))
        share /= share.sum()
        entropy = -(share * np.log(np.maximum(share, 1e-300))).sum()
        low, high = (middle, high) if entropy > np.log(perplexity) else (low, middle)
    return share


def _gradient(places: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(N, 2): 4 Σ_j (p_ij − q_ij)(y_i − y_j)/(1 + |y_i − y_j|²)."""
    near = 1.0 / (1.0 + pairwise_distances(places) ** 2)
    np.fill_diagonal(near, 0.0)
    pull = (wanted - np.maximum(near / near.sum(), 1e-12)) * near
    return 4.0 * (pull.sum(1)[:, None] * places - pull @ places)
