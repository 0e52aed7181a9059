"""The rule on the shape of the activation."""

from __future__ import annotations

from grokkit.claims.asking import Less
from grokkit.claims.rule import asks, rule
from grokkit.claims.rules.late import ARRIVAL
from grokkit.claims.samples import Reading, like
from grokkit.claims.values import Of, Ratio, medians
from grokkit.sources import a

# A23: in the MLP, ReLU^1.5 and ReLU^2 perform best of all activations tried, and generalise much faster than ReLU.
# Much: in half of the steps at most, where seeds differ by a few percent. Decided at the source's own learning rate.
# Whether the shape acts or a longer step is another question; the chapter shows the best rates of three activations
# beside it, and no rule reads them.
POWERS, THE_OTHERS = a.ACTIVATIONS[:2], a.ACTIVATIONS[2:]
OURS = ("tanh", "quadratic")
FIRST_SEEDS = {name: 1000 + 100 * i for i, name in enumerate((*a.ACTIVATIONS, *OURS))}
JUDGED = 50
"""Seeds of an activation from its first on that are judged; those after them choose a learning rate."""
ACTIVATIONS = {
    name: Of(ARRIVAL, like(a.mlp(activation=name), seeds=range(FIRST_SEEDS[name], FIRST_SEEDS[name] + JUDGED)))
    for name in a.ACTIVATIONS
}


def faster_than(others: tuple[str, ...], share: float) -> list[Less]:
    pairs = [(one, other) for one in POWERS for other in others]
    return [Less(ACTIVATIONS[one], ACTIVATIONS[other], share=share, surely=True) for one, other in pairs]


def each_median(read: Reading) -> str:
    return ", ".join(f"{name} {medians(read(of)):,.0f}" for name, of in ACTIVATIONS.items() if len(read(of)))


A23 = rule(
    "T_val of ReLU over that of ReLU^2",
    asks(
        "much faster than ReLU",
        *faster_than(("relu",), share=0.5),
        interval=Ratio(ACTIVATIONS["relu"], ACTIVATIONS["relu^2"]),
        told="median T_val in steps: {medians}",
        seen={"medians": each_median},
    ),
    asks("faster than all others", *faster_than(THE_OTHERS, share=1.0), told="the same runs"),
)
