"""Which seed matters: the variance of a quantity split into the three sources of chance of a run.

Crossing three seeds at k levels takes k^3 runs. A Latin square takes k^2: every level of each seed meets every level
of the two others equally often, so that their effects can be separated as long as they add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from grokkit.config.run import Seeds
from grokkit.errors import BadInput

FACTORS = ("data", "init", "batch")


def latin_square(levels: Sequence[int]) -> list[Seeds]:
    """k^2 triples of seeds from k levels, k odd; among them the k in which all three are the same number."""
    k = len(levels)
    if k % 2 == 0 or len(set(levels)) != k:
        raise BadInput(f"latin_square levels: an odd number of different seeds is needed; {list(levels)} came.")
    half = (k + 1) // 2  # the inverse of 2 modulo k: row i and column i meet in i
    return [Seeds(data=levels[i], init=levels[j], batch=levels[half * (i + j) % k]) for i in range(k) for j in range(k)]


def variance_shares(values: pd.DataFrame, response: str) -> pd.DataFrame:
    """Additive analysis of variance of a Latin square: one row a factor and one for the rest.

    values: k^2 rows with the columns data, init, batch (levels) and `response`.
    Columns: degrees of freedom; share of the sum of squares; the variance component, in squared units of the
    response (0 where the estimate is negative); P of the F test that the factor has no effect (NaN for the rest).
    """
    k = _side(values, response)
    y = values[response].to_numpy(dtype=float)
    total = ((y - y.mean()) ** 2).sum()
    squares = {f: k * ((values.groupby(f)[response].mean() - y.mean()) ** 2).sum() for f in FACTORS}
    rest, freedom = total - sum(squares.values()), (k - 1) * (k - 2)
    noise = rest / freedom
    rows = [
        _row(f, k - 1, ss, total, max(0.0, (ss / (k - 1) - noise) / k), noise, freedom) for f, ss in squares.items()
    ]
    return pd.DataFrame([*rows, _row("rest", freedom, rest, total, noise, np.nan, freedom)])


def _side(values: pd.DataFrame, response: str) -> int:
    """The number of levels k of a whole Latin square; BadInput for any other table."""
    k = values[FACTORS[0]].nunique()
    if len(values) != k**2 or values[response].isna().any():
        raise BadInput(f"variance_shares values: {k**2} rows without censored ones are needed; {len(values)} came.")
    for pair in combinations(FACTORS, 2):
        if values.duplicated(list(pair)).any() or (values[list(pair)].nunique() != k).any():
            raise BadInput(f"variance_shares values: not a Latin square, {' and '.join(pair)} do not meet once each.")
    return k


def _row(
    name: str, df: int, ss: float, total: float, component: float, noise: float, freedom: int
) -> dict[str, object]:
    from scipy import stats  # here: it takes a second

    p = float(stats.f.sf(ss / df / noise, df, freedom)) if np.isfinite(noise) else np.nan
    return {"factor": name, "degrees of freedom": df, "share": ss / total, "component": component, "P": p}
