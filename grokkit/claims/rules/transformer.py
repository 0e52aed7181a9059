"""The rules on the transformer, as coded, where its width grows with p, and at width 128."""

from __future__ import annotations

from grokkit.claims import measures
from grokkit.claims.asking import Falls, Mostly
from grokkit.claims.rule import Question, asks, rule
from grokkit.claims.rules.late import late
from grokkit.claims.samples import Sample, like
from grokkit.claims.values import Of
from grokkit.sources import a

CENTRE = {form: like(a.transformer(form)) for form in a.FORMS}
PRIMES = (47, 97, 149, 197)
MODULI = {form: like(a.transformer(form), {"task.p": PRIMES}) for form in a.FORMS}

# A1: validation accuracy reaches 1 long after training accuracy does. Long after: see `late`.
LONG_AFTER = "{0} of {1} runs have T_val / T_train of 2 or more"
A1 = rule("T_val / T_train", *(late(form, runs, LONG_AFTER) for form, runs in CENTRE.items()))


# A2: "double grokking", a plateau of validation accuracy near 40% before it goes to 100%. What a plateau is says
# `has_plateau`.
def rests(form: str, runs: Sample) -> Question:
    told = "{0} of {1} runs have the plateau; the longest stay near 40% is {longest:.0%} of a delay"
    seen = {"longest": lambda read: max(measures.dwell(read(runs)), default=0.0)}
    return asks(form, Mostly(runs, measures.has_plateau), told=told, seen=seen)


A2 = rule("share of runs with the plateau", *(rests(form, runs) for form, runs in CENTRE.items()))

# A3: larger p groks in fewer steps. As coded, where the width grows with p, and at one width, where only p does. A run
# that does not arrive is the latest of its seed.
A3 = rule(
    "T_val at p = 47 over T_val at p = 197",
    *(
        asks(form, Falls(Of(measures.t_val, runs)), told="median T_val {0:,.0f} steps for p = {1}")
        for form, runs in MODULI.items()
    ),
)

# A4: smaller p, a more fluctuating and sharper curve. Two measures of a curve, which must both fall as p grows.
SHAPES = {"fluctuation": measures.fluctuation, "sharpness": measures.sharpness}
A4 = rule(
    "fluctuation at p = 47 minus that at p = 197",
    *(
        asks(
            f"{form}, {name}",
            Falls(Of(shape, runs), minus=True),
            told="median {0:.2%} per 100 steps for p = {1}",
        )
        for form, runs in MODULI.items()
        for name, shape in SHAPES.items()
    ),
)

# A5: T_val falls as the training fraction grows. The smallest takes half of all the computing and may be left for
# later; the effect is of 0.25 over 0.8 in either case.
ALPHAS = (0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.8)


def over_alpha(form: str) -> Falls:
    runs = [like(a.transformer(form), {"train_fraction": alphas}) for alphas in (ALPHAS, ALPHAS[1:])]
    return Falls(tuple(Of(measures.t_val, each) for each in runs), first=-6)


A5 = rule(
    "T_val at alpha = 0.25 over T_val at alpha = 0.8",
    *(asks(form, over_alpha(form), told="median T_val {0:,.0f} steps for alpha = {1}") for form in a.FORMS),
)
