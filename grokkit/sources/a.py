"""Source A, "An Investigation of grokking phenomenon": transformers, MLPs and LSTMs on modular addition.

Every function takes settings of `Run` beside its own, so that a test or a reader can change any of them.

Not stated, and chosen: the transformer's width where it is not that of its tokens (128), and all that PyTorch has as
its default. Where the text and the code differ, both are here: the width, batch normalisation, the LSTM's directions.
"""

from __future__ import annotations

from typing import Any

from grokkit.config.run import Batch, ModelConfig, OptimizerConfig, Run, Schedule, Seeds
from grokkit.models import LSTM, MLP, Transformer
from grokkit.optimizers import ASAM, SAM, SGD, Adam, AdamW, AdaSAM, Nesterov, PublishedASAM, RMSProp
from grokkit.tasks import ModularAddition

P, ALPHA = 97, 0.4
"""Modulus and training fraction of its first figure."""
STEPS = 100_000
"""That its code trains for."""
MODULI = {2: 97, 3: 23, 4: 11, 5: 11}
"""Number of summands -> p: tables of 9,409, 12,167, 14,641 and 161,051 sums."""

FORMS = {"as coded": Transformer.source_a(), "width 128": Transformer()}
"""The transformer as its code has it (one-hot tokens: the width is p + 2), and at one width for all p."""
HIDDEN, MLP_RATE = (512, 512), 5e-4
"""Layers and learning rate of its MLP."""
MLPS = {"MLP (text)": MLP(hidden=HIDDEN), "MLP (code)": MLP(hidden=HIDDEN, batch_norm=True)}
LSTMS = {"LSTM (text)": LSTM(hidden=512, embedding=None), "LSTM (code)": LSTM.source_a()}

METHODS: dict[str, tuple[OptimizerConfig, dict[str, Any]]] = {
    "SGD": (SGD(learning_rate=0.01), {}),
    "heavy ball": (SGD(learning_rate=0.01, momentum=0.99), {}),
    "Nesterov": (Nesterov(learning_rate=0.01, momentum=0.99), {}),
    "RMSProp": (RMSProp(learning_rate=0.01, beta2=0.98), {}),
    "Adam": (Adam(learning_rate=1e-3), {}),
    "Adam, batch 128": (Adam(learning_rate=1e-3), {"size": 128}),
    "Adam, dropout 0.1": (Adam(learning_rate=1e-3), {"model": Transformer(width=None, dropout=0.1)}),
    "AdamW 0.1": (AdamW(learning_rate=1e-3, weight_decay=0.1), {}),
    "AdamW 1": (AdamW(learning_rate=1e-3, weight_decay=1.0), {}),
}
"""Of its Figure 5: the optimizer, and what else is another."""

SHARPNESS_AWARE: dict[str, tuple[OptimizerConfig, dict[str, Any]]] = {
    "AdamW": (AdamW(), {}),
    "AdaSAM": (AdaSAM(), {}),
    "AdaSAM with decay": (AdaSAM(weight_decay=1.0), {}),
    "SAM": (SAM(), {}),
    "ASAM": (ASAM(), {}),
    "published": (PublishedASAM(), {"warmup": 0}),
}
"""AdaSAM as printed has no weight decay; the second form keeps the one that all of its AdamW runs have. "published" is
the class that stands in its code under another name."""

INITIALISERS = ("model", "xavier_uniform", "orthogonal", "kaiming_uniform")
"""Of its Figure 8; "model" is PyTorch's own, which it calls default."""
ACTIVATIONS = ("relu^1.5", "relu^2", "relu", "leaky_relu", "gelu", "square_above_1", "relu^3")
"""All that it tried, as far as its text and code tell."""


def addition(
    model: ModelConfig,
    optimizer: OptimizerConfig,
    *,
    p: int = P,
    alpha: float = ALPHA,
    summands: int = 2,
    size: int = 512,
    warmup: int = 10,
    seed: int = 0,
    **others: Any,
) -> Run:
    """Return a run on sums modulo p: batches of `size` drawn with replacement, 10 steps of linear warm-up.

    **Deviation**: its text prints the first of AdamW's betas (0.9, 0.98) as "alpha = 0.9".
    """
    usual = {
        "task": ModularAddition(p=p, summands=summands),
        "model": model,
        "optimizer": optimizer,
        "train_fraction": alpha,
        "batch": Batch(size=size, sampling="replacement"),
        "schedule": Schedule(warmup=warmup),
        "seeds": Seeds.all(seed),
    }
    return Run(**usual | others)


def transformer(form: str = "as coded", **others: Any) -> Run:
    """Return a run of its transformer in one of the FORMS, by AdamW with weight decay 1."""
    usual = {"model": FORMS[form], "optimizer": AdamW(learning_rate=1e-3, weight_decay=1.0)}
    return addition(**usual | others)


def mlp(
    form: str = "MLP (text)", activation: str = "relu", *, rate: float = MLP_RATE,
    hidden: tuple[int, ...] = HIDDEN, **others: Any,
) -> Run:  # fmt: skip
    """Return a run of its MLP, which has half the transformer's learning rate; the code adds batch normalisation."""
    model = MLPS[form].model_copy(update={"activation": activation, "hidden": hidden})
    usual = {"model": model, "optimizer": AdamW(learning_rate=rate, weight_decay=1.0)}
    return addition(**usual | others)


def lstm(form: str = "LSTM (text)", **others: Any) -> Run:
    """Return a run of its LSTM; the code has two directions, no weight decay and a rate that falls."""
    usual = {"model": LSTMS[form], "optimizer": AdamW(learning_rate=1e-3, weight_decay=1.0)}
    if form == "LSTM (code)":
        usual["optimizer"] = AdamW(learning_rate=1e-3, weight_decay=0.0)
        usual["schedule"] = Schedule(warmup=10, decay=0.01, decay_every=100)
    return addition(**usual | others)


def network(name: str, **others: Any) -> Run:
    """Return a run of the network of that name: 'transformer', a form of it, of the MLP or of the LSTM."""
    if name in MLPS:
        return mlp(name, **others)
    if name in LSTMS:
        return lstm(name, **others)
    return transformer("as coded" if name == "transformer" else name, **others)


def method(name: str, rate: float | None = None, **others: Any) -> Run:
    """Return a run of the transformer as coded by one of the METHODS of its Figure 5, at another rate if given."""
    optimizer, different = METHODS[name]
    if rate is not None:
        optimizer = optimizer.model_copy(update={"learning_rate": rate})
    return addition(**{"model": FORMS["as coded"], "optimizer": optimizer} | different | others)


def sharpness_aware(name: str, initialiser: str = "model", rho: float | None = None, **others: Any) -> Run:
    """Return a run of the transformer as coded by one of the SHARPNESS_AWARE methods, at another radius if given."""
    optimizer, different = SHARPNESS_AWARE[name]
    if rho is not None:
        optimizer = optimizer.model_copy(update={"rho": rho})
    usual = {"model": FORMS["as coded"], "optimizer": optimizer, "initialiser": initialiser}
    return addition(**usual | different | others)


def form_of(model: ModelConfig) -> str | None:
    """Name the form of a network: of those of its kind the one that is like it in all that tells them apart.

    'as coded' or 'width 128' of a transformer, 'MLP (text)', 'MLP (code)', 'LSTM (text)' or 'LSTM (code)'; None of
    another network.
    """
    for forms in (FORMS, MLPS, LSTMS):
        telling = _telling(list(forms.values()))
        for name, form in forms.items():
            if model.kind == form.kind and all(getattr(model, x) == getattr(form, x) for x in telling):
                return name
    return None


def _telling(forms: list[ModelConfig]) -> list[str]:
    """The settings in which forms differ."""
    first = forms[0]
    return [name for name, value in first if any(getattr(form, name) != value for form in forms)]
