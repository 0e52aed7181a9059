"""The axis alphabet: one letter for each axis, used in every shape that the library and the book write down.

A shape such as `(B, T, D)` in a docstring reads: for each example of a batch, for each position, a vector as wide as
the model. Lower-case letters are never axes: `p` is the modulus, `n` the number of summands or of runs. A length is
the same letter: T positions. An index that runs over an axis is the letter in lower case where a formula needs it.
"""

from __future__ import annotations

AXES: dict[str, str] = {
    "E": "runs trained together in one stack",
    "R": "evaluation steps of a run",
    "N": "examples in a task's table",
    "B": "examples in a batch",
    "T": "positions in a sequence",
    "S": "distinct tokens at one position",
    "M": "nodes at one position: distinct prefixes, or examples",
    "V": "tokens in the vocabulary",
    "C": "classes a model chooses from",
    "L": "layers",
    "D": "width of the model",
    "H": "attention heads",
    "K": "width of one head (keys, queries and values)",
    "F": "width of the feed-forward layer, or of a recurrent state",
    "G": "gates of a recurrent cell",
}
"""Letter -> what the axis runs over."""
