"""How sharp a minimum is: the Hessian's largest eigenvalue, and the rise of the loss at a distance.

The eigenvalue by Lanczos' method (1950) on products with the Hessian, which is never formed; the rise at the worst
point nearby as Foret et al. (2021) find it, in one step, and in random directions. None is the same in networks that
compute the same with weights of another scale (Dinh et al. 2017).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import grad, vjp

from grokkit.metrics import l2_norm
from grokkit.observables.probe import Params, Probe
from grokkit.optimizers.sam import ascend

ITERATIONS = 20
"""Products with the Hessian: within a percent of the explicit Hessian's largest eigenvalue in small networks."""
RADIUS = 0.05
"""Of the adversarial step: Foret et al.'s."""
SHARE = 0.1
"""Of the weights' norm: how far a random step goes. A direction drawn among so many misses the sharp ones."""
DIRECTIONS = 8

Loss = Callable[[Params], Tensor]


def measure_sharpness(probe: Probe) -> dict[str, Tensor]:
    """The three measures, under their names in `grokkit.metrics`."""
    draw = torch.Generator().manual_seed(probe.seed)
    first, *others = (random_direction(probe.params, draw) for _ in range(1 + DIRECTIONS))
    far = SHARE * l2_norm(probe.params)
    return {
        "hessian_top": top_eigenvalue(probe.loss_of, probe.params, first, ITERATIONS),
        "rise_adversarial": adversarial_rise(probe.loss_of, probe.params, RADIUS),
        "rise_random": torch.stack([rise(probe.loss_of, probe.params, step, far) for step in others]).mean(),
    }


def random_direction(params: Params, draw: torch.Generator) -> Params:
    """A vector like the weights whose direction is uniform; drawn on the CPU."""
    return {name: torch.randn(x.shape, generator=draw, dtype=torch.float64).to(x) for name, x in params.items()}


def rise(loss_of: Loss, params: Params, direction: Params, radius: float | Tensor) -> Tensor:
    """How much the loss gains at that Euclidean distance in that direction, in nats."""
    return loss_of(ascend(params, direction, radius)) - loss_of(params)


def adversarial_rise(loss_of: Loss, params: Params, radius: float) -> Tensor:
    """The rise along the gradient: SAM's estimate of the largest one at that distance."""
    return rise(loss_of, params, grad(loss_of)(params), radius)


def top_eigenvalue(loss_of: Loss, params: Params, start: Params, iterations: int) -> Tensor:
    """The largest eigenvalue of the loss's Hessian, or what is above all others in the span of H^i start."""
    _, product = vjp(grad(loss_of), params)  # the Hessian is symmetric
    return torch.linalg.eigvalsh(lanczos(lambda v: _flat(product(_like(v, params))[0]), _flat(start), iterations))[-1]


def lanczos(product: Callable[[Tensor], Tensor], start: Tensor, iterations: int) -> Tensor:
    """The symmetric map (N,) -> (N,) on the span of its first powers on `start`, as a tridiagonal matrix (K, K).

    Each vector is made orthogonal to all before it, twice. Where the span is exhausted the diagonal repeats its first
    entry, which never lies outside the others' range.
    """
    basis, diagonal, beside = [start / start.norm()], [], []
    while True:
        image = product(basis[-1])
        alive = basis[-1].any()
        diagonal.append(torch.where(alive, basis[-1] @ image, diagonal[0] if diagonal else 0.0))
        if len(diagonal) == min(iterations, len(start)):
            between = torch.stack(beside) if beside else start[:0]
            return torch.stack(diagonal).diag() + between.diag(1) + between.diag(-1)
        whole, size = torch.stack(basis), image.norm()
        for _ in range(2):
            image = image - whole.T @ (whole @ image)
        length = image.norm()
        goes_on = length > 1e-10 * size
        beside.append(torch.where(goes_on, length, 0.0))
        basis.append(torch.where(goes_on, image / length.clamp_min(1e-300), 0.0))


def _flat(tensors: Params) -> Tensor:
    return torch.cat([x.flatten() for x in tensors.values()])


def _like(vector: Tensor, params: Params) -> Params:
    parts = vector.split([x.numel() for x in params.values()])
    return {name: part.view_as(x) for (name, x), part in zip(params.items(), parts, strict=True)}
