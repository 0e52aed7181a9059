"""From a list of runs to records: what is missing, where it is trained, how it survives."""

from grokkit.train.experiment import Experiment
from grokkit.train.progress import Display
from grokkit.train.sweep import Missing, lacking_runs, train
from grokkit.train.weights import weights_at

__all__ = ["Display", "Experiment", "Missing", "lacking_runs", "train", "weights_at"]
