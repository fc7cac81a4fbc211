"""Physical parameters: immutable records that refuse nonsense at birth."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from engine.errors import ParameterError


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSpec:
    """What a model declares about one of its parameters."""

    name: str
    """Identifier in files and on the command line, e.g. ``"gamma_dot_t0"``."""
    symbol: str
    """What the screen shows, e.g. ``"γ̇₀"``."""
    unit: str
    """Unit as displayed; empty for a dimensionless parameter."""
    default: float
    lower: float
    upper: float
    logarithmic: bool = False
    """Whether the parameter spans decades (searched on a logarithmic axis)."""
    group: str
    """Heading under which the parameter is shown: diffusion, shear, scaling."""
    help: str
    """One sentence: what it is, and at which time or angle it is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """Keeps a parameter at ``factor`` times another one."""

    to: str
    factor: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One physical parameter as set up for a fit.

    A fixed or tied parameter may lie outside its bounds: they do not act on it.

    Raises
    ------
    ParameterError
        On bounds that cross, a start outside them, or a value that is not finite.
    """

    name: str
    unit: str = ""
    value: float
    lower: float = -math.inf
    upper: float = math.inf
    fixed: bool = False
    tie: Tie | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ParameterError(
                f"{self.name}: start value {self.value} is not a finite number"
            )
        if not self.lower < self.upper:
            raise ParameterError(
                f"{self.name}: lower bound {self.lower:g} is not below "
                f"upper bound {self.upper:g}"
            )
        free = not self.fixed and self.tie is None
        if free and not self.lower <= self.value <= self.upper:
            raise ParameterError(
                f"{self.name}: start value {self.value:g} {self.unit}".rstrip()
                + f" lies outside its bounds [{self.lower:g}, {self.upper:g}]; "
                "change the value or the bounds"
            )

    @property
    def free(self) -> bool:
        """Whether the fit may change the value by itself."""
        return not self.fixed and self.tie is None


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """The physical parameters of a model, in model order.

    Raises
    ------
    ParameterError
        On a tie to an unknown, fixed-to-itself or itself tied parameter.
    """

    items: tuple[Parameter, ...]

    def __post_init__(self) -> None:
        by_name = {p.name: p for p in self.items}
        for p in self.items:
            if p.tie is None:
                continue
            other = by_name.get(p.tie.to)
            if other is None or other is p or other.tie is not None:
                raise ParameterError(
                    f"{p.name}: cannot be tied to {p.tie.to!r}; expected the name of "
                    "another parameter that is not tied itself"
                )

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, name: str) -> Parameter:
        for p in self.items:
            if p.name == name:
                return p
        raise ParameterError(
            f"unknown parameter {name!r}; this model has {', '.join(self.names)}"
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names in model order."""
        return tuple(p.name for p in self.items)

    @property
    def values(self) -> tuple[float, ...]:
        """Values in model order, ties resolved."""
        by_name = {p.name: p.value for p in self.items}
        return tuple(
            p.value if p.tie is None else p.tie.factor * by_name[p.tie.to]
            for p in self.items
        )

    def replaced(self, changed: Parameter) -> "ParameterSet":
        """Return a copy in which the parameter of the same name is `changed`."""
        self[changed.name]
        return ParameterSet(
            tuple(changed if p.name == changed.name else p for p in self.items)
        )

    def with_values(self, values: Mapping[str, float]) -> "ParameterSet":
        """Return a copy with the given values; bounds are widened by nothing."""
        changed = self
        for name, value in values.items():
            changed = changed.replaced(replace(changed[name], value=value))
        return changed
