"""The teacher-student setup: its teacher is PyTorch's network, its answers are the teacher's, and a row counts as right
if it is near enough."""

import pytest
import torch
from torch import nn

import grokkit as gk


def test_the_teacher_is_pytorchs_network_drawn_after_the_inputs():
    task = gk.TeacherStudent(seed=3).build()
    torch.manual_seed(3)
    inputs = torch.randn(200, 5, dtype=torch.float64)
    hidden = nn.Linear(5, 100), nn.Tanh(), nn.Linear(100, 100), nn.Tanh()
    teacher = nn.Sequential(*hidden, nn.Linear(100, 5)).double()
    assert torch.equal(task.inputs, inputs)
    torch.testing.assert_close(task.loss.vectors, teacher(inputs).detach(), rtol=0, atol=1e-12)


def test_a_row_is_right_if_its_mean_squared_error_is_below_the_tolerance():
    task = gk.TeacherStudent(rows=4, width=2, hidden=(3,), tolerance=0.01).build()
    answers, rows = task.loss.vectors, torch.arange(4)
    off = torch.tensor([[0.0, 0.0], [0.13, 0.0], [0.15, 0.0], [0.1, 0.1]], dtype=torch.float64)
    assert task.loss(answers + off, rows).tolist() == pytest.approx([0, 0.00845, 0.01125, 0.01])
    assert task.correct(answers + off, rows).tolist()[:3] == [True, True, False]
    moved = task.to(torch.device("cpu")).correct
    assert moved.tolerance == 0.01 and torch.equal(moved.vectors, answers)


def test_building_it_leaves_the_process_its_random_numbers():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    built = [gk.TeacherStudent(seed=seed).build() for seed in (0, 0, 1)]
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(built[0].inputs, built[1].inputs) and not torch.equal(built[0].inputs, built[2].inputs)


def test_a_student_learns_its_teacher():
    """The old fault: one of the same seed was its teacher from the start."""
    run = gk.Run(
        task=gk.TeacherStudent(rows=40, width=2, hidden=(8,), tolerance=1e-5),
        model=gk.MLP(hidden=(8,), activation="tanh"),
        optimizer=gk.AdamW(learning_rate=1e-2, weight_decay=0.0),
        train_fraction=0.5,
        batch=gk.Batch(size=None),
    )
    [record] = gk.train([run], until=gk.Until(steps=800, accuracy=None), store=None, missing="train", compiled=False)
    right, loss = record.curves["train_accuracy"], record.curves["train_loss"]
    assert right[0] == 0 and right[-1] > 0.2 and loss[-1] < 0.01 * loss[0]
