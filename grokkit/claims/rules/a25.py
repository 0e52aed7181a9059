"""A25: Figure 5 resembles Figure 3 of Power et al. in the order of the methods.

Power et al. say in words that weight decay helps most and that small batches help (section 3.3, where the figure is
numbered 2); of the source's methods theirs has four, all of them Adam, and no published number lets us order those. So
the rule asks for what the resemblance rests on: whether Figure 5's own order of all nine methods comes back.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from grokkit.claims.findings import Finding, verdict
from grokkit.claims.rules.methods import METHODS, best, nothing, of_methods, settled, watched
from grokkit.claims.statistics import median_interval, rank_agreement_test, rank_correlation
from grokkit.claims.verdict import RUNS_TO_DECIDE, Verdict

LEVEL = 0.05 / 6
EFFECT = "rank correlation of nine methods with the source's Figure 5"
FRACTIONS = (0.3, 0.5, 0.8)
"""Small, middle and large: a method's place is its mean over them, the height of its line in the figure."""
PUBLISHED = {
    "SGD": (0.01, 0.01, 0.53),
    "heavy ball": (0.01, 0.264, 1.0),
    "Nesterov": (0.01, 0.154, 1.0),
    "RMSProp": (0.01, 0.995, 1.0),
    "Adam": (0.01, 0.99, 1.0),
    "Adam, batch 128": (0.01, 0.99, 1.0),
    "Adam, dropout 0.1": (0.826, 1.0, 1.0),
    "AdamW 0.1": (0.29, 1.0, 1.0),
    "AdamW 1": (1.0, 1.0, 1.0),
}
"""Source A, Figure 5, at FRACTIONS: one run each."""


def rows(table: pd.DataFrame) -> pd.DataFrame:
    """All nine methods at alpha = 0.3, 0.5 and 0.8."""
    return of_methods(table, dict.fromkeys(METHODS, FRACTIONS))


def rule(table: pd.DataFrame) -> Verdict:
    """Do the nine methods come in the order of the source's Figure 5, by their mean over alpha = 0.3, 0.5 and 0.8?

    Ranks of the medians over seeds, in whole points, against the published ones; an exact permutation test over the
    methods (nine of them pass from a rank correlation of about 0.8 on, whatever the number of seeds). What the test
    counts are methods, so that n is nine, once every one of them has five seeds. The reverse order speaks against the
    claim where no run may still generalise.
    """
    chosen = rows(table)
    means = {method: best(chosen, method, FRACTIONS).mean(axis=1) for method in METHODS}
    seeds = min(map(len, means.values()))
    if not seeds:
        return verdict([nothing("nine methods")], LEVEL, EFFECT)
    theirs = np.round([np.mean(PUBLISHED[method]) for method in METHODS], 2)
    ours = np.round([np.median(means[method]) for method in METHODS], 2)
    each = [rank_correlation(np.round([means[m][i] for m in METHODS], 2), theirs) for i in range(seeds)]
    order = " < ".join(sorted(METHODS, key=lambda method: np.median(means[method])))
    told = (
        f"rank correlation {rank_correlation(ours, theirs):.2f} over {len(METHODS)} methods, {seeds} runs or more of "
        f"each at each fraction; in our order {watched(chosen)}: {order}"
    )
    agrees, disagrees = rank_agreement_test(ours, theirs), rank_agreement_test(ours, -theirs)
    against = disagrees if settled(chosen, METHODS, FRACTIONS) else 1.0
    n = len(METHODS) if seeds >= RUNS_TO_DECIDE else seeds
    return verdict([Finding("nine methods", n, agrees, median_interval(each), told, against)], LEVEL, EFFECT)
