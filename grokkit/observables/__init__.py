"""What is measured of a run's weights on request (`Measure.observables`), each for one run.

To add one: a function of a `Probe` that returns numbers by name, a line below, and what they mean in
`grokkit.metrics.OBSERVED`.
"""

from collections.abc import Callable

from torch import Tensor

from grokkit.observables.embedding import measure_embedding
from grokkit.observables.probe import Probe
from grokkit.observables.sharpness import measure_sharpness

OBSERVABLES: dict[str, Callable[[Probe], dict[str, Tensor]]] = {
    "embedding": measure_embedding,
    "sharpness": measure_sharpness,
}

READS: dict[str, tuple[str, ...]] = {"embedding": ("embedding",)}
"""The parameters that an observable reads by their names; a model without them has nothing to measure."""

__all__ = ["OBSERVABLES", "READS", "Probe"]
