"""The problems. To add one: a `TaskConfig` with a `kind`, `examples` and `build()`, and a line below."""

from grokkit.config.run import TASKS
from grokkit.tasks.addition import Addition
from grokkit.tasks.mnist import MNIST
from grokkit.tasks.modular_addition import ModularAddition
from grokkit.tasks.task import Task, built, scikit_learn_order, split_order
from grokkit.tasks.teacher_student import TeacherStudent

TASKS.add(ModularAddition, Addition, MNIST, TeacherStudent)

__all__ = [
    "MNIST",
    "TASKS",
    "Addition",
    "ModularAddition",
    "Task",
    "TeacherStudent",
    "built",
    "scikit_learn_order",
    "split_order",
]
