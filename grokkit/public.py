"""All that `import grokkit` names, and what fills the tables of tasks, networks and optimizers."""

from grokkit.analysis.phases import PHASES, agreement, phase, smooth
from grokkit.analysis.survival import median_times, survival_median
from grokkit.analysis.variance import latin_square, variance_shares
from grokkit.config.request import Measure, Until
from grokkit.config.run import Batch, ModelConfig, Moment, OptimizerConfig, Run, Schedule, Seeds, Switch, TaskConfig
from grokkit.config.sampling import batch_positions
from grokkit.errors import BadInput, DeviceError, GrokkitError, Interrupted, StoreError
from grokkit.models import LSTM, MLP, MODELS, RNN, Transformer
from grokkit.optimizers import (
    ASAM,
    OPTIMIZERS,
    SAM,
    SGD,
    Adam,
    AdamW,
    AdaSAM,
    ClampedAdamW,
    GrokfastEMA,
    GrokfastMA,
    GroupedAdamW,
    LayeredAdamW,
    Muon,
    Nesterov,
    PublishedASAM,
    RMSProp,
)
from grokkit.records.passages import first_passage, passage
from grokkit.records.record import Record
from grokkit.records.records import Records
from grokkit.records.store import Store, StoreWarning
from grokkit.records.switches import switch_steps
from grokkit.records.tables import curves_table, evidence_table, runs_table
from grokkit.tasks import MNIST, TASKS, Addition, ModularAddition, Task, TeacherStudent, split_order
from grokkit.train import Display, Experiment, Missing, train, weights_at

__all__ = [
    "ASAM",
    "AdaSAM",
    "Adam",
    "AdamW",
    "Addition",
    "BadInput",
    "Batch",
    "ClampedAdamW",
    "DeviceError",
    "Display",
    "Experiment",
    "GrokfastEMA",
    "GrokfastMA",
    "GrokkitError",
    "GroupedAdamW",
    "Interrupted",
    "LSTM",
    "LayeredAdamW",
    "MLP",
    "MNIST",
    "MODELS",
    "Measure",
    "Missing",
    "ModelConfig",
    "ModularAddition",
    "Moment",
    "Muon",
    "Nesterov",
    "OPTIMIZERS",
    "OptimizerConfig",
    "PHASES",
    "PublishedASAM",
    "RNN",
    "RMSProp",
    "Record",
    "Records",
    "Run",
    "SAM",
    "SGD",
    "Schedule",
    "Seeds",
    "Store",
    "StoreError",
    "StoreWarning",
    "Switch",
    "TASKS",
    "Task",
    "TaskConfig",
    "TeacherStudent",
    "Transformer",
    "Until",
    "agreement",
    "batch_positions",
    "curves_table",
    "evidence_table",
    "first_passage",
    "latin_square",
    "median_times",
    "passage",
    "phase",
    "runs_table",
    "smooth",
    "split_order",
    "survival_median",
    "switch_steps",
    "train",
    "variance_shares",
    "weights_at",
]
