"""Source C, "Grokking in neural networks and the role of regularization": RNN and LSTM on modular addition.

Section 7.1 and Table 7.2, and PyTorch's defaults where these are silent: the LSTM's learning rate, AdamW's betas.

**Deviation**: weight decay is 0.1, ten times the source's, so that what decay does takes a tenth of the steps. The
RNN's learning rate was chosen, before any run that rules read, by two runs each at 0.0003, 0.001 and 0.003: at the last
alone both arrived within 200,000 steps.
"""

from __future__ import annotations

from typing import Any

from grokkit.config.run import Batch, Moment, Run, Schedule, Seeds, Switch
from grokkit.models import LSTM, RNN
from grokkit.optimizers import AdamW
from grokkit.tasks import ModularAddition

P = 91
"""Modulus of its Section 7.1."""
NETWORKS = {"RNN": RNN, "LSTM": LSTM}
RATES = {"RNN": 3e-3, "LSTM": 1e-3}
FRACTIONS = (0.3, 0.5, 0.7)
HALF = 0.5
"""The fraction of its Table 7.2."""
SCALE = 5.0
"""That its initial weights are multiplied by."""
PRINTED_DECAY, DECAY = 0.01, 0.1
WAYS = {"AdamW": (DECAY, 0.0), "Adam": (0.0, 0.0), "AdamW, dropout": (DECAY, 0.5), "Adam, dropout": (0.0, 0.5)}
"""Weight decay and dropout. Adam without regularisation is AdamW at weight decay 0: their steps are the same."""
EPOCH = 130
"""Steps in which each of the 4,140 training sums of HALF comes once, 32 at a time."""
EPOCHS = 6000
STEPS = EPOCHS * EPOCH
"""Of its runs at HALF."""
SEEN_EVERY = 500
"""Steps from one to the next of the evaluations in which a run waits for its event."""


def recurrent(
    network: str, way: str = "AdamW", *, fraction: float = HALF, scale: float = SCALE, p: int = P,
    width: int = 128, size: int = 32, decay: float | None = None, rate: float | None = None, seed: int = 0,
    **others: Any,
) -> Run:  # fmt: skip
    """Return a run of the RNN or the LSTM trained in one of the WAYS.

    width: of the state, and of the embedding. size: of a batch. decay: another weight decay than the way's.
    """
    usual_decay, dropout = WAYS[way]
    weight_decay = usual_decay if decay is None else decay
    usual = {
        "task": ModularAddition.source_c(p),
        "model": NETWORKS[network](hidden=width, embedding=width, dropout=dropout),
        "optimizer": AdamW(learning_rate=rate or RATES[network], weight_decay=weight_decay, beta2=0.999),
        "train_fraction": fraction,
        "batch": Batch(size=size, short_last=True),
        "init_scale": scale,
        "seeds": Seeds.all(seed),
    }
    return Run(**usual | others)


def when(**event: Any) -> Moment:
    """Return the moment of an event of the run itself, seen in evaluations SEEN_EVERY steps apart."""
    return Moment(every=SEEN_EVERY, **event)


SWITCHES: dict[str, tuple[float, float | None, Moment | None]] = {
    "on": (DECAY, None, None),
    "off": (0.0, None, None),
    "off at epoch 20": (DECAY, 0.0, Moment(epoch=20)),
    "off at T_train": (DECAY, 0.0, when(train_accuracy=0.99)),
    "off at T_val": (DECAY, 0.0, when(val_accuracy=0.99)),
    "off at 1.25 T_val": (DECAY, 0.0, when(val_accuracy=0.99, times=1.25)),
    **{f"off at {k:g} T_train": (DECAY, 0.0, when(train_accuracy=0.99, times=k)) for k in (1.5, 2.0, 3.0)},
    "on at T_train": (0.0, DECAY, when(train_accuracy=0.99)),
    "on at T_train, double": (0.0, 2 * DECAY, when(train_accuracy=0.99)),
    "on at 2 T_train": (0.0, DECAY, when(train_accuracy=0.99, times=2.0)),
    "on at 2 T_train, double": (0.0, 2 * DECAY, when(train_accuracy=0.99, times=2.0)),
}
"""Weight decay at first, the one it is switched to, and when. Epoch 20 is a tenth of the source's 200, as decay is ten
times as strong."""
EARLY, LATE = (60, 70, 97, 200), (3495, 3690, 3850, 4270)
"""The epochs at which its figures 5.5 and 5.6 remove weight decay."""


def switching(
    decay: float, to: float | None = None, at: Moment | None = None, *, every: int = SEEN_EVERY, **others: Any
) -> Run:
    """Return a run of the LSTM whose weight decay is `to` from a moment on.

    every: steps from one to the next of the evaluations in which it waits for its event.
    """
    if at is not None and at.is_event:
        at = at.model_copy(update={"every": every})
    switches = () if at is None else (Switch(setting="weight_decay", to=to, at=at),)
    return recurrent("LSTM", decay=decay, schedule=Schedule(switches=switches), **others)


def switched(way: str, **others: Any) -> Run:
    """Return a run of the LSTM whose weight decay is switched in one of the SWITCHES."""
    return switching(*SWITCHES[way], **others)
