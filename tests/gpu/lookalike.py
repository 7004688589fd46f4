"""A device that is no CPU, for machines without a GPU: its tensors are computed on the CPU.

What matters is what it refuses, as CUDA does: an operation on tensors of both devices, a
generator of the other device, `numpy` on its tensors. So code that mixes devices is found
without a GPU. It says nothing about how a GPU rounds, or how fast it is.

Importing this registers the device with PyTorch, for the rest of the process.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._mode_utils import no_dispatch
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

NAME = "lookalike"
_setup_privateuseone_for_python_backend(NAME)
DEVICE = torch.device(NAME, 0)
CPU = torch.device("cpu")
ACROSS = ("aten::_to_copy", "aten::copy_")
"""Operations whose purpose is to move values from one device to another."""
INDEXING = ("aten::index", "aten::index_put", "aten::index_put_")
"""Operations that take indices on the CPU for a tensor on the GPU, but not the reverse."""


class Lookalike(Tensor):
    """A tensor that says it lies on the device; `held` has its values."""

    held: Tensor

    @staticmethod
    def __new__(cls, held: Tensor) -> "Lookalike":
        made = Tensor._make_wrapper_subclass(
            cls, held.shape, strides=held.stride(), dtype=held.dtype, device=DEVICE
        )
        made.held = held.detach()
        return made

    # What came to the CPU stays an ordinary tensor.
    __torch_function__ = torch._C._disabled_torch_function_impl  # pyright: ignore

    def __repr__(self, **options: Any) -> str:
        return f"{self.held!r} on {DEVICE}"

    # PyTorch refuses these two to tensors of other classes.

    def __format__(self, how: str) -> str:
        return format(self.held, how)

    def tolist(self) -> Any:
        """The values as numbers."""
        return self.held.tolist()

    @classmethod
    def __torch_dispatch__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        name = func._schema.name
        refuse_mixture(name, args, kwargs)
        elsewhere = False
        if kwargs:
            elsewhere = kwargs.get("device") is not None and not names_lookalike(kwargs["device"])
            kwargs = {key: unwrap(value) for key, value in kwargs.items()}
            if kwargs.get("device") is not None:
                kwargs["device"] = CPU
        found = func(*map(unwrap, args), **kwargs)
        if name.endswith("_"):
            if torch.Tag.inplace_view in func.tags:
                # The wrapper gets the shape that the values now have. PyTorch does such things to
                # tensors that nobody else has, as in the product of a vector and a matrix.
                with no_dispatch():
                    func(*args, **kwargs)
            return args[0]
        return found if elsewhere else wrap(found)


@torch.library.impl("aten::empty.memory_format", "privateuseone")
def empty(size: Sequence[int], dtype: torch.dtype | None = None, **_: Any) -> Tensor:
    """Make a tensor on the device, for what PyTorch makes there by itself."""
    return Lookalike(torch.empty(size, dtype=dtype))


@torch.library.impl("aten::empty_strided", "privateuseone")
def empty_strided(
    size: Sequence[int], stride: Sequence[int], dtype: torch.dtype | None = None, **_: Any
) -> Tensor:
    """The same with strides, as for a list of indices that PyTorch moves there by itself."""
    return Lookalike(torch.empty_strided(size, stride, dtype=dtype))


@torch.library.impl("aten::_copy_from", "privateuseone")
def copy_from(source: Tensor, target: Tensor, non_blocking: bool = False) -> Tensor:
    """What fills such a tensor."""
    held = target.held if isinstance(target, Lookalike) else target
    held.copy_(source.held if isinstance(source, Lookalike) else source)
    return target


class LookalikeMode(TorchFunctionMode):
    """Makes tensors on the device, and moves tensors there."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        # Before anything that takes time: few functions are asked for a device.
        if "device" not in kwargs and func is not Tensor.to:
            return func(*args, **kwargs)
        asked = [kwargs.get("device"), *(args[1:] if func is Tensor.to else ())]
        if not any(map(names_lookalike, asked)):
            return func(*args, **kwargs)
        kwargs = dict(kwargs)
        generator = kwargs.get("generator")
        if generator is not None:
            raise RuntimeError(
                f"Expected a {NAME!r} device type for generator but found {generator.device}"
            )
        if "device" in kwargs:
            kwargs["device"] = CPU
        return wrap(
            func(*(CPU if names_lookalike(part) else unwrap(part) for part in args), **kwargs)
        )


def names_lookalike(named: object) -> bool:
    """Whether something is a name of the device."""
    kind = named.type if isinstance(named, torch.device) else named
    return isinstance(kind, str) and kind.split(":")[0] == NAME


def wrap(value: Any) -> Any:
    """Tensors as they are on the device; anything else as it is."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(wrap, value))
    plain = isinstance(value, Tensor) and not isinstance(value, Lookalike)
    return Lookalike(value) if plain else value


def unwrap(value: Any) -> Any:
    """Tensors as they are on the CPU; anything else as it is."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(unwrap, value))
    return value.held if isinstance(value, Lookalike) else value


def tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    """The tensors among arguments, also those in lists."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, (list, tuple)):
            yield from tensors(value)


def refuse_mixture(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise what CUDA raises where tensors of both devices meet.

    Tensors without dimensions count as numbers, which may come from the CPU.
    """
    if name in ACROSS:
        return
    checked = (args[0], *args[2:]) if name in INDEXING else (*args, *kwargs.values())
    if any(not isinstance(part, Lookalike) and part.dim() for part in tensors(checked)):
        raise RuntimeError(
            f"{name}: expected all tensors to be on one device, found {DEVICE} and cpu"
        )


@contextmanager
def lookalike() -> Iterator[None]:
    """Within it, tensors can be made on the device. Gradients cannot."""
    before = torch.__future__.get_overwrite_module_params_on_conversion()
    # A module that is moved gets new parameters, which keep their class.
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        with LookalikeMode(), torch.no_grad():
            yield
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(before)
