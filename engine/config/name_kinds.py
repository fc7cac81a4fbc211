"""The kind of value that is a list of parameters."""

from dataclasses import dataclass

from engine.config.bounds import KNOWN_NAMES
from engine.config.tree import Item, Section, did_you_mean
from engine.models.specs import parameter_name


@dataclass(frozen=True, slots=True)
class ParameterNames:
    """Names of physical parameters; aliases and the original's numbers, too."""

    expected: str = "a list of names of parameters"

    def read(self, section: Section, key: str) -> tuple[str, ...] | None:
        """See `engine.config.kinds.Kind`; the names are the present ones."""
        value = section.raw(key)
        if value is None:
            return None
        if not isinstance(value, list):
            raise section.error(key, self.expected)
        names: list[str] = []
        for item in section.items(key) or ():
            name = _name(item)
            if name in names:
                raise item.error(f"each parameter once, but {name} is here twice")
            names.append(name)
        return tuple(names)

    def write(self, value: object) -> object:
        """See `engine.config.kinds.Kind`."""
        return list(value) if isinstance(value, tuple) else value


def _name(item: Item) -> str:
    """Return the present name of a parameter given by name or number."""
    expected = f"a name among {', '.join(KNOWN_NAMES)}"
    if isinstance(item.value, str):
        name = parameter_name(item.value.strip())
        if name in KNOWN_NAMES:
            return name
        raise item.error(expected + did_you_mean(name, KNOWN_NAMES))
    expected += f", or its number in this order, 0 to {len(KNOWN_NAMES) - 1}"
    number = item.integer(expected)
    if not 0 <= number < len(KNOWN_NAMES):
        raise item.error(expected)
    return KNOWN_NAMES[number]
