"""A network that groks under the reader's hands: trained in the page, in threads of the browser's own."""

from __future__ import annotations

from typing import Any

import traitlets

from grokkit.config.run import Batch, Run, Seeds
from grokkit.errors import BadInput
from grokkit.explorables.base import Explorable, one_module, own_file
from grokkit.models.mlp import MLP
from grokkit.optimizers.adamw import AdamW
from grokkit.tasks.modular_addition import ModularAddition

WIDTH, HIDDEN = 32, 64
PRIMES = [23, 29, 31, 37, 41, 43, 47, 53, 59]
UNLIMITED = 1_000_000
USUAL = {"p": 31, "share": 0.5, "scale": 1.0, "rate": 0.03, "decay": 0.5, "pace": 200}
"""With these all of eight seeds had memorised after 30 steps, and seven generalised within 1,500."""

CHOICES = [
    {"name": "decay", "label": "weight decay", "values": [0, 0.1, 0.2, 0.5, 1, 2]},
    {"name": "rate", "label": "learning rate", "values": [0.003, 0.01, 0.03, 0.1]},
    {"name": "share", "label": "share for training", "values": [0.3, 0.4, 0.5, 0.6, 0.7, 0.8]},
    {"name": "scale", "label": "initial scale", "values": [0.5, 1, 2, 4]},
    {"name": "p", "label": "modulus p", "values": PRIMES},
    {
        "name": "pace",
        "label": "steps a second, at most",
        "values": [50, 200, UNLIMITED],
        "names": {UNLIMITED: "as many as can be"},
    },
]


class LiveNetwork(Explorable):
    """Eight seeds of an MLP on a + b modulo p, trained where they are shown, once a reader says so.

    The embeddings of a and b are summed; one hidden layer of ReLU and a linear map answer. AdamW takes full-batch steps
    on the mean cross entropy over a random share of the table. `run` gives the same network to the library.

    settings, of which any may be given: p, an odd prime up to 59; share of the table for training; scale of the
    initial weights; rate and decay of AdamW; pace in steps a second of each seed, which a slow machine may not reach.
    seed: the one that is shown in detail. seeds: how many are trained. steps: at most so many each.

    With a kernel `settings` and `seed` follow the reader and can be set. Raises BadInput for what cannot be trained.
    """

    _css = Explorable._css + own_file("live.css")
    _esm = one_module("live.js")
    settings = traitlets.Dict().tag(sync=True)
    seed = traitlets.Int().tag(sync=True)

    def __init__(self, seed: int = 0, seeds: int = 8, steps: int = 10_000, **settings: float) -> None:
        settings = _trainable(USUAL | settings)
        self._seeds = list(range(seeds))
        data = {
            "worker": one_module("live_worker.js"),
            "choices": [_with(choice, settings[choice["name"]]) for choice in CHOICES],
            "seeds": self._seeds,
            "sizes": {"width": WIDTH, "hidden": HIDDEN},
            "steps": steps,
            "usual": USUAL["decay"],
        }
        super().__init__(data=data, settings=settings, seed=self._known(seed))

    def run(self) -> Run:
        """The network that is shown, as the library trains it; chance decides there by other numbers than here."""
        return _run(self.settings, self.seed)

    def first_view(self) -> str:
        """What would be here."""
        return (
            f"<p>Here {len(self._seeds)} small networks learn to add modulo {self.settings['p']}, in your browser and "
            "on your own machine. That takes scripts, which this page may not run.</p>"
        )

    @traitlets.validate("settings")
    def _can_be_trained(self, proposal: Any) -> dict[str, Any]:
        return _trainable(proposal["value"])

    @traitlets.validate("seed")
    def _is_a_seed(self, proposal: Any) -> int:
        return self._known(proposal["value"])

    def _known(self, seed: int) -> int:
        if seed not in self._seeds:
            raise BadInput(f"seed: {seed} came; there are {len(self._seeds)} seeds, from 0 on.")
        return seed

    def __repr__(self) -> str:
        return f"<LiveNetwork: {len(self._seeds)} seeds of a + b modulo {self.settings['p']}>"


def _run(settings: dict[str, Any], seed: int) -> Run:
    return Run(
        task=ModularAddition(p=settings["p"]),
        model=MLP(embedding=WIDTH, hidden=(HIDDEN,)),
        optimizer=AdamW(learning_rate=settings["rate"], weight_decay=settings["decay"]),
        train_fraction=settings["share"],
        init_scale=settings["scale"],
        batch=Batch(size=None),
        precision="float64",
        seeds=Seeds.all(seed),
    )


def _trainable(settings: dict[str, Any]) -> dict[str, Any]:
    if set(settings) != set(USUAL):
        raise BadInput(f"settings: {', '.join(settings)} came; a live network has {', '.join(USUAL)}.")
    if settings["p"] not in PRIMES:
        raise BadInput(f"p: {settings['p']} came; a live network adds modulo one of {', '.join(map(str, PRIMES))}.")
    if not 0 < settings["pace"] <= UNLIMITED:
        raise BadInput(f"pace: {settings['pace']} steps a second came; it lies between 0 and {UNLIMITED:,}.")
    _run(settings, 0)
    return settings


def _with(choice: dict[str, Any], value: float) -> dict[str, Any]:
    """The choice, with a value that was given among those that are offered."""
    return choice | {"values": sorted({*choice["values"], value})}
