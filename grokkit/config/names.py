"""What others call the settings: who writes another library's name is told ours."""

from __future__ import annotations

from collections.abc import Iterable

OTHERS = {
    "learning_rate": "lr alpha step_size eta",
    "weight_decay": "wd l2 decay",
    "beta1": "betas b1 beta_1",
    "beta2": "b2 beta_2",
    "eps": "epsilon",
    "p": "prime modulus mod P n",
    "summands": "n_summands terms numbers",
    "operation": "op operator",
    "train_fraction": "frac frac_train train_frac fraction train_size training_fraction alpha",
    "size": "batch_size bs batchsize",
    "batch": "minibatch",
    "seeds": "seed random_state",
    "init_scale": "scale alpha initial_scale",
    "precision": "dtype",
    "schedule": "scheduler lr_schedule",
    "warmup": "warmup_steps n_warmup",
    "width": "d_model dim n_embd hidden_dim embed_dim",
    "hidden": "hidden_size hidden_sizes width widths d_hidden layers",
    "heads": "n_heads num_heads nhead n_head",
    "head_width": "d_head head_dim",
    "feed_forward": "d_mlp d_ff mlp_dim dim_feedforward",
    "layers": "n_layers num_layers depth n_layer",
    "embedding": "embedding_dim embed_dim d_model",
    "activation": "act act_fn nonlinearity",
    "dropout": "p_drop drop",
    "steps": "max_steps n_steps num_steps budget iterations epochs total_steps",
    "accuracy": "threshold acc target",
    "every": "eval_every log_every interval",
    "sample": "eval_size n_samples samples",
}
"""Setting -> what it is called elsewhere."""
PARTS = {
    "optimizer": "learning_rate weight_decay beta1 beta2 eps momentum rho",
    "task": "p summands operation",
    "model": "width hidden heads head_width feed_forward layers embedding activation dropout",
    "batch": "size sampling short_last",
    "schedule": "warmup switches",
    "seeds": "data init",
}
"""Part of a run -> settings that it has, and the run itself has not."""
ASKED = {"until": ("Until", "steps accuracy"), "measure": ("Measure", "every sample observables")}
"""Argument of a call that trains -> what it is, and its settings, which are no part of a run."""


def meant(name: str, known: Iterable[str]) -> str | None:
    """The known setting that others call so."""
    return next((ours for ours in known if name in OTHERS.get(ours, "").split()), None)


def elsewhere(name: str, parts: Iterable[str]) -> str | None:
    """Where a setting belongs that was given to a whole run, as a sentence; None for what no part has."""
    here = {part: PARTS[part].split() for part in PARTS if part in parts}
    for part, settings in here.items():
        if ours := name if name in settings else meant(name, settings):
            return f"Run setting '{name}' is unknown; '{ours}' is one of its {part}."
    for argument, (kind, settings) in ASKED.items() if here else ():
        if ours := name if name in settings.split() else meant(name, settings.split()):
            told = f"gk.train(runs, {argument}=gk.{kind}({ours}=...)) takes it"
            return f"Run setting '{name}' is unknown; '{ours}' is no setting of a run: {told}."
    return None
