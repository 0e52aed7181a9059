"""Source B, "[Re] Towards Understanding Grokking": phase diagrams of a toy and of MNIST.

As its code has them: the toy's 55 pairs in its order, split by scikit-learn, and initial weights after a draw that is
overwritten; MNIST in double precision, with one weight decay for all layers and a learning rate of its own for the
last. `book/deviations.md` says where its text differs.
"""

from __future__ import annotations

from typing import Any

from grokkit.config.run import Batch, Run, Seeds
from grokkit.models import MLP
from grokkit.optimizers import GroupedAdamW, LayeredAdamW
from grokkit.tasks import MNIST, Addition

SETUPS = ("classification", "regression")
STEPS = 100_000
"""Of its phases."""
TOY_ACCURACY, MNIST_ACCURACY = 0.9 - 1e-3, 0.6001
"""That count as having arrived, of both sets: its code has the first so; the second is more than 60%: 601 of 1,000
images, 2,401 of 4,000."""
MNIST_TRAINING = 1000
"""Images."""
DATA_SEED, MODEL_SEED = 42, 102
"""Of its Figure 1."""

TOY_RATES = (
    9.999999999999999e-06, 1.4125375446227555e-05, 1.9952623149688786e-05, 2.818382931264455e-05,
    3.9810717055349695e-05, 5.623413251903491e-05, 7.943282347242822e-05, 0.0001122018454301963,
    0.00015848931924611142, 0.00022387211385683378, 0.00031622776601683794, 0.00044668359215096305,
    0.000630957344480193, 0.0008912509381337459, 0.0012589254117941675, 0.0017782794100389228,
    0.0025118864315095794, 0.0035481338923357532, 0.005011872336272719, 0.00707945784384138, 0.01,
)  # fmt: skip
"""21 learning rates of the decoder: its logspace(-5, -2, 21) as one machine made it, for the last bits of a power
depend on the processor."""
LARGEST_DECAY = {"classification": 20.0, "regression": 10.0}
TOY_DECAYS = {setup: tuple(i * largest / 20 for i in range(21)) for setup, largest in LARGEST_DECAY.items()}
"""21 weight decays of the decoder, exact: whole numbers, or halves."""

MNIST_RATES = (
    4.641588833612773e-06, 0.002154434690031882, 0.12915496650148828, 1.0, 7.742636826811277, 59.94842503189409,
)  # fmt: skip
MNIST_DECAYS = (1e-05, 0.01, 0.1, 1.0, 10.0)
"""Six of the 15 learning rates of the last layer and five of the 14 weight decays of its Figure 5."""
WIDEST_OF_FIGURE_2 = 4
"""How many of these rates lie within its first grid, which ends at 1; the decays all do."""
CORNER = (1e-07, MNIST_RATES[-1])
"""Weight decay and learning rate of the cell of Figure 5 that is nearest to the one of Figure 6, 1e-7 and 50."""


def toy(
    setup: str, *, decay: float = 0.0, rate: float = 1e-3, data: int = 0, init: int = 0,
    activation: str = "tanh", **others: Any,
) -> Run:  # fmt: skip
    """Return a run of the toy: sums of two of ten numbers, full batches; `decay` and `rate` are the decoder's."""
    usual = {
        "task": Addition.source_b(setup, data),
        "model": MLP.toy().model_copy(update={"activation": activation}),
        "optimizer": GroupedAdamW(learning_rate=rate, weight_decay=decay),
        "train_fraction": 45 / 55,
        "split": "scikit-learn",
        "batch": Batch(size=None),
        "seeds": Seeds(data=data, init=init),
    }
    return Run(**usual | others)


def mnist(*, decay: float = 0.0, rate: float = 1e-3, seed: int = 0, digits: MNIST | None = None, **others: Any) -> Run:
    """Return a run on 1,000 images of MNIST from initial weights times 9; `rate` is the last layer's.

    **Deviation**: its validation set are the 10,000 test images; ours are the other 4,000 of the table.
    """
    digits = digits or MNIST()
    usual = {
        "task": digits,
        "model": MLP.mnist(),
        "optimizer": LayeredAdamW(learning_rate=rate, weight_decay=decay),
        "train_fraction": MNIST_TRAINING / digits.examples,
        "batch": Batch(size=200),
        "precision": "float64",
        "init_scale": 9.0,
        "seeds": Seeds.all(seed),
    }
    return Run(**usual | others)
