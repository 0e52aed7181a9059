"""The configuration of one training run, and its identity.

A `Run` holds everything that shapes a trajectory and nothing else: how long it is watched, when it is
evaluated and which device trains it belong to the request (`grokkit.train`), not to the run. Its key
is a hash of the canonical JSON of the fields that differ from the defaults of version 1, so that a
field added later changes no old key.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, SerializeAsAny, model_validator

from grokkit.config.base import Config, Table, tuple_of
from grokkit.config.optimizer import OptimizerConfig
from grokkit.errors import BadInput, unknown

NUMERICS = 1
"""Goes up when the committed float64 golden trajectory moves by more than 1e-9; part of every key."""


TASKS, MODELS, OPTIMIZERS = Table("Task"), Table("Model"), Table("Optimizer")


class TaskConfig(Config):
    """Settings of a problem. `examples`: rows of its table; `gives_numbers`: not tokens; `build()` makes the `Task`."""

    kind: str
    gives_numbers: ClassVar[bool] = False

    @property
    def examples(self) -> int:
        raise NotImplementedError

    def build(self) -> Any:
        raise NotImplementedError


class ModelConfig(Config):
    """Settings of a model. `build(task)` makes an `nn.Module` from tokens or, if it `takes_numbers`, numbers (B, T) to
    logits (B, C).

    The module's persistent buffers belong to the run and change as it does (running averages); what never changes
    is registered with `persistent=False`. It is in training mode in a step and in evaluation mode elsewhere.
    """

    kind: str
    takes_numbers: ClassVar[bool] = False

    @property
    def mixes_examples(self) -> bool:
        """Whether an example's logits in training depend on the rest of its batch, as BatchNorm makes them."""
        return False

    def build(self, task: Any) -> Any:
        raise NotImplementedError


class Batch(Config):
    """How a step's examples are drawn. `size`: examples, None for the full training set.

    `sampling`: "permutation" (each epoch a new order) or "replacement" (independent draws; needs a size).
    `short_last`: whether an epoch's last, shorter batch counts (permutation with a size only).
    """

    size: int | None = Field(512, ge=1)
    sampling: Literal["permutation", "replacement"] = "permutation"
    short_last: bool = False

    @model_validator(mode="after")
    def _every_setting_matters(self) -> Batch:
        if self.size is None and self.sampling == "replacement":
            raise BadInput("Batch sampling: 'replacement' came, and does nothing without a size: nothing is drawn.")
        if self.short_last and (self.size is None or self.sampling == "replacement"):
            raise BadInput("Batch short_last: True came, and does nothing without epochs of batches that have a size.")
        return self

    def steps_in_epoch(self, examples: int) -> int:
        """Steps in which each of so many training examples comes once; a short last batch that does not count aside."""
        width = self.size or examples
        return -(-examples // width) if self.short_last else examples // width


class Moment(Config):
    """A step of a run: a number, the start of an epoch, or one that an event of the run itself decides.

    step: steps done by then. epoch: epochs done by then.
    train_accuracy, val_accuracy: the event is the first evaluation at which that accuracy is at least this much. With
    T the steps done by then, the moment is `times` T + `plus`, so that it never lies before its event.
    every, sample: the evaluations that count are those at multiples of `every` steps, on `sample` examples of each
    set. They steer the run, so they belong to it; what else a request measures (`grokkit.Measure`) has no part in it.
    """

    step: int | None = Field(None, ge=0)
    epoch: int | None = Field(None, ge=0)
    train_accuracy: float | None = Field(None, gt=0, le=1)
    val_accuracy: float | None = Field(None, gt=0, le=1)
    times: float = Field(1.0, ge=1)
    plus: int = Field(0, ge=0)
    every: int = Field(100, ge=1)
    sample: int = Field(1024, ge=1)

    @model_validator(mode="after")
    def _one_thing_decides(self) -> Moment:
        ways = ("step", "epoch", "train_accuracy", "val_accuracy")
        given = [name for name in ways if getattr(self, name) is not None]
        if len(given) != 1:
            raise BadInput(f"Moment needs exactly one of {', '.join(ways)}; {' and '.join(given) or 'none'} came.")
        idle = [name for name in self.canonical() if name not in ways]
        if idle and not self.is_event:
            raise BadInput(f"Moment {', '.join(idle)}: only an event, an accuracy that is reached, can have it.")
        return self

    @property
    def is_event(self) -> bool:
        """Whether what the run does decides it."""
        return self.step is None and self.epoch is None


class Switch(Config):
    """From the moment `at` on, a float setting of the optimizer is `to` instead.

    setting: "weight_decay", "learning_rate" or another; a learning rate is the full one, which warm-up and decay scale.
    """

    setting: str
    to: float
    at: Moment


class Schedule(Config):
    """How settings change over time.

    The learning rate: linear warm-up from 0, then constant, or divided by 1 + decay floor(t / decay_every).
    warmup: steps until the learning rate has its full size (source A: 10).
    decay: what is added to the divisor each time; 0 for a constant rate (source A's LSTM: 0.01).
    decay_every: steps from one time to the next, counted from the end of the warm-up (source A: 100).
    switches: of any settings, in any number; of one setting the latest holds, and of two at one step the last one here.
    """

    warmup: int = Field(0, ge=0)
    decay: float = Field(0.0, ge=0)
    decay_every: int = Field(1, ge=1)
    switches: Annotated[tuple[Switch, ...], BeforeValidator(tuple_of)] = ()

    @model_validator(mode="after")
    def _decays(self) -> Schedule:
        if not self.decay and self.decay_every != 1:
            raise BadInput(f"Schedule decay_every: {self.decay_every} came, and does nothing while decay is 0.")
        return self


class Seeds(Config):
    """Three independent sources of chance.

    data: of the order that splits the task's table. init: of the initial weights. batch: of the batches.
    """

    data: int = Field(0, ge=0, lt=2**63)
    init: int = Field(0, ge=0, lt=2**63)
    batch: int = Field(0, ge=0, lt=2**63)

    @classmethod
    def all(cls, seed: int) -> Seeds:
        """The same number for all three."""
        return cls(data=seed, init=seed, batch=seed)


def _chosen(table: Table, base: type[Config]) -> Any:
    return Annotated[SerializeAsAny[base], BeforeValidator(table.resolve)]


class Run(Config):
    """One training run: everything that shapes its trajectory, and nothing else.

    train_fraction: share of the task's examples in the training set, rounded down to whole examples.
    precision: of parameters and arithmetic; "bfloat16" keeps float32 parameters and rounds products alone.
    split: how the data seed orders the table, whose first rows train. "nested": a larger training set contains every
    smaller one of its seed. "scikit-learn": as `train_test_split` does (source B).
    init_scale: what every initial weight is multiplied by, embeddings and biases too (sources B, C and Omnigrok).
    initialiser: how its matrices are drawn in place of the model's own way, embeddings too (source A's Figure 8).
    """

    task: _chosen(TASKS, TaskConfig)
    model: _chosen(MODELS, ModelConfig)
    optimizer: _chosen(OPTIMIZERS, OptimizerConfig)
    train_fraction: float = 0.4
    batch: Batch = Batch()
    schedule: Schedule = Schedule()
    precision: Literal["float32", "bfloat16", "float64"] = "float32"
    seeds: Seeds = Seeds()
    init_scale: float = Field(1.0, gt=0)
    split: Literal["nested", "scikit-learn"] = "nested"
    initialiser: Literal["model", "xavier_uniform", "orthogonal", "kaiming_uniform"] = "model"

    @model_validator(mode="after")
    def _seed_fits_the_split(self) -> Run:
        if self.split == "scikit-learn" and self.seeds.data >= 2**32:
            raise BadInput(f"Run seeds.data: scikit-learn takes seeds below 2^32; {self.seeds.data} came.")
        return self

    @model_validator(mode="after")
    def _sizes_fit(self) -> Run:
        if not 0 < self.train_fraction < 1:
            raise BadInput(f"Run train_fraction: must lie between 0 and 1, both excluded; {self.train_fraction} came.")
        n, total = self.train_examples, self.task.examples
        if not 0 < n < total:
            raise BadInput(
                f"Run train_fraction: {self.train_fraction} of {total} examples leaves {n} for training "
                f"and {total - n} for validation; both need at least one."
            )
        if self.batch.size and self.batch.size > n and self.batch.sampling == "permutation":
            raise BadInput(
                f"Run batch.size: {self.batch.size} is larger than the training set of {n} examples; "
                "use a smaller size, None for the full set, or sampling='replacement'."
            )
        return self

    @model_validator(mode="after")
    def _the_model_can_be_trained_so(self) -> Run:
        width = self.batch.size or self.train_examples
        if self.task.gives_numbers and not self.model.takes_numbers:
            needed = f"'{self.task.kind}' gives numbers, which an MLP without embedding reads"
            raise BadInput(f"Run model: '{self.model.kind}' as it came reads tokens, but {needed}.")
        if self.model.mixes_examples and self.batch.short_last:
            raise BadInput(
                "Run batch.short_last: True came, but the model normalises over the batch, and what fills up a short "
                "batch would falsify its averages; use short_last=False."
            )
        if self.model.mixes_examples and width < 2:
            raise BadInput(
                f"Run batch.size: {width} example a step came, but the model normalises over the batch, which takes "
                "at least 2."
            )
        return self

    @model_validator(mode="after")
    def _switches_fit(self) -> Run:
        kind, settings = type(self.optimizer), dict(self.optimizer)
        for switch in self.schedule.switches:
            if switch.setting in settings.keys() - self.optimizer.hyper.keys():
                numbers = ", ".join(self.optimizer.hyper)
                raise BadInput(
                    f"Switch setting: '{switch.setting}' of {kind.__name__} came, which is no float; a schedule can "
                    f"change {numbers}."
                )
            if switch.setting not in self.optimizer.hyper:
                raise unknown(f"{kind.__name__} setting to switch", switch.setting, self.optimizer.hyper)
            kind(**settings | {switch.setting: switch.to})  # refuses what it would refuse from the start
            if switch.at.epoch is not None and self.batch.sampling == "replacement":
                raise BadInput("Moment epoch: batches drawn with replacement have no epochs; name a step instead.")
        return self

    @property
    def train_examples(self) -> int:
        """Size of the training set: the fraction of the table, rounded down."""
        return int(self.train_fraction * self.task.examples + 1e-9)

    @property
    def key(self) -> str:
        """16 hex digits: the identity of the trajectory."""
        return key_of(self.canonical())

    def to_json(self) -> str:
        """One line from which `Run.from_json` makes the same run."""
        return json.dumps(self.canonical(), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Run:
        """The run of a line that `to_json` wrote; raises BadInput for anything else."""
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise BadInput(f"A run must be one line of JSON; {text[:60]!r} came ({error}).") from None
        if not isinstance(values, dict):
            raise BadInput(f"A run must be a JSON object; {text[:60]!r} came.")
        return cls(**values)


def key_of(config: dict[str, Any], numerics: int = NUMERICS) -> str:
    """Hash a configuration as `Run.canonical` gives it; 16 hex digits."""
    text = json.dumps({"numerics": numerics, **config}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
