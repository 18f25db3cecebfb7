# SPDX-License-Identifier: Apache-2.0
"""Each name to one shape, so that all together are most alike."""

import numpy as np


def assigned(alike: np.ndarray) -> np.ndarray:
    """(N,) int: for each of N rows its column, or −1, so that the sum of alike (N, M), 0 where it is negative, is the
    greatest; no column twice. Method: shortest augmenting paths with potentials (Jonker and Volgenant, 1987)."""
    if alike.shape[0] > alike.shape[1]:
        of_columns = assigned(alike.T)
        found = np.full(alike.shape[0], -1)
        found[of_columns[of_columns >= 0]] = np.flatnonzero(of_columns >= 0)
        return found
    cost = -np.maximum(alike, 0.0).astype(np.float64)
    rows, columns = cost.shape
    row_price, column_price = np.zeros(rows), np.zeros(columns + 1)
    owner = np.full(columns + 1, -1)  # the last column is where each path begins
    for row in range(rows):
        owner[columns] = row
        way = _cheapest_path(cost, row_price, column_price, owner)
        column = way[0]
        for before in way[1:]:
            owner[column] = owner[before]
            column = before
        owner[columns] = -1
    found = np.full(rows, -1)
    taken = np.flatnonzero(owner[:columns] >= 0)
    found[owner[taken]] = taken
    return found


def _cheapest_path(cost: np.ndarray, row_price: np.ndarray, column_price: np.ndarray, owner: np.ndarray) -> list[int]:
    """Columns from a free one back to the last, along which rows move on by one. Changes the prices."""
    columns = cost.shape[1]
    least, before = np.full(columns, np.inf), np.full(columns, columns)
    done, column = np.zeros(columns + 1, bool), columns
    while owner[column] >= 0:
        done[column] = True
        row = owner[column]
        reduced = cost[row] - row_price[row] - column_price[:columns]
        better = ~done[:columns] & (reduced < least)
        least[better], before[better] = reduced[better], column
        column = int(np.where(done[:columns], np.inf, least).argmin())
        step = least[column]
        row_price[owner[done]] += step
        column_price[done] -= step
        least[~done[:columns]] -= step
    way = [column]
    while column != columns:
        column = int(before[column])
        way.append(column)
    return way
