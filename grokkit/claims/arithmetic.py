"""How much a network computes, in products of a weight with an activation: what stands for time on any machine."""

from __future__ import annotations

import numpy as np

from grokkit.config.run import Run


def products(run: Run) -> int:
    """Count the products for one sum in source A's transformer or MLP, of all its tokens, the one-hot ones too.

    A training step takes six operations for each and every sum of its batch. Attention's own products, norms and
    activation functions are left out: 1% of a transformer, less of an MLP.
    """
    task, model = run.task, run.model
    length, vocabulary = 2 * task.summands, task.p + 2
    if model.kind == "mlp":
        widths = np.array([length * vocabulary, *model.hidden, task.p])
        return int((widths[:-1] * widths[1:]).sum())
    inner, feed_forward = model.heads * model.head_width, model.feed_forward
    return length * model.layers * vocabulary * (4 * inner + 2 * feed_forward) + vocabulary * task.p
