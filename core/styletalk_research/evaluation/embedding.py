# SPDX-License-Identifier: Apache-2.0
"""Many numbers to two, for pictures: principal components, and t-SNE where scikit-learn is installed."""

import numpy as np

from styletalk.errors import MissingPackageError

PERPLEXITY = 12.0


def principal_components(points: np.ndarray, count: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Points (N, d) on their first components (N, count), and the share of variance that each of these holds."""
    centred = np.asarray(points, np.float64) - np.mean(points, axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    scores = left[:, :count] * sizes[:count]
    share = sizes[:count] ** 2 / max(float((sizes**2).sum()), 1e-30)
    missing = count - scores.shape[1]
    return np.pad(scores, ((0, 0), (0, missing))), np.pad(share, (0, missing))


def tsne(points: np.ndarray, perplexity: float = PERPLEXITY) -> np.ndarray:
    """(N, 2) t-SNE of points (N, d) by scikit-learn, deterministic: it starts from the principal components.

    The perplexity is at most a third of the points. Distances between far groups mean nothing in it, neighbours do.
    Raises MissingPackageError without scikit-learn.
    """
    try:
        from sklearn.manifold import TSNE  # pyright: ignore[reportMissingImports] - of the extra `research`
    except ImportError as error:
        raise MissingPackageError("The t-SNE picture needs scikit-learn: pip install scikit-learn.") from error
    if len(points) < 4:
        return principal_components(points)[0]
    perplexity = min(perplexity, (len(points) - 1) / 3)
    return TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(np.asarray(points, np.float64))
