"""How curves of one run stand to each other and to a law: measures for what a figure leaves to the eye.

Of two ways to find how far one fall lags behind another, first passages are taken: they are steps, like T_train and
T_val, and need no evenly spaced evaluations. Cross-correlation is left out; two curves that both fall over a whole
window correlate at every shift.
"""

from __future__ import annotations

import numpy as np

from grokkit.analysis.statistics import rank_correlation
from grokkit.errors import BadInput


def half_fall(steps: np.ndarray, values: np.ndarray) -> float:
    """The step at which a curve has made half of its fall, from its highest value to the lowest that comes after it.

    steps (R,), optimizer steps; values (R,). NaN if the highest value is the last one.
    """
    steps, values = _checked(steps, values)
    top = int(values.argmax())
    rest = values[top:]
    if rest.min() == values[top]:
        return float("nan")
    below = rest <= (values[top] + rest.min()) / 2
    return float(steps[top + int(below.argmax())])


def lag(steps: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """Steps from the half fall of `first` to that of `second`; negative where `second` falls earlier."""
    return half_fall(steps, second) - half_fall(steps, first)


def co_movement(steps: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's rank correlation of two curves of one run over its evaluations: 1 if they rise and fall together.

    A number of one run, not a test: neighbouring evaluations are no independent samples.
    """
    return rank_correlation(_checked(steps, first)[1], _checked(steps, second)[1])


def departure(steps: np.ndarray, norm: np.ndarray, rate: float) -> float:
    """How far a norm departs from exp(-rate t), t counted from the first of `steps`, as a share of the whole decay.

    max over t of |ln(norm(t) / norm(0)) + rate t| / (rate (t_last - t_0)). 0: the law; 1: a norm that does not change
    at all. rate: per step, positive.
    """
    steps, norm = _checked(steps, norm)
    if rate <= 0 or (norm <= 0).any():
        raise BadInput(f"departure: a positive rate and positive norms are needed; rate {rate} came.")
    elapsed = rate * (steps - steps[0])
    return float(np.abs(np.log(norm / norm[0]) + elapsed).max() / elapsed[-1])


def decay_rate(steps: np.ndarray, norm: np.ndarray) -> float:
    """The rate, per step, of the exponential through the first and the last value; negative for a norm that grew."""
    steps, norm = _checked(steps, norm)
    return float(np.log(norm[0] / norm[-1]) / (steps[-1] - steps[0]))


def _checked(steps: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    steps, values = np.asarray(steps, dtype=float), np.asarray(values, dtype=float)
    if steps.shape != values.shape or len(steps) < 2 or not np.isfinite(values).all() or (np.diff(steps) <= 0).any():
        raise BadInput(
            f"A curve needs two or more rising steps and a finite value at each; {len(steps)} steps and "
            f"{len(values)} values came."
        )
    return steps, values
