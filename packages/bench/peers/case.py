"""What a timed case consists of."""

from dataclasses import dataclass, field
from typing import Callable, Dict, Optional

Run = Callable[[], object]


class Unavailable(Exception):
    """The case cannot run here; the message says what is missing."""


@dataclass
class Case:
    """One piece of work, ready to be called again and again.

    variants: ways of doing it in PyTorch, by name; the fastest counts.
    references: the same work by other libraries, reported beside it.
    check: a number computed from the result, to be compared with the other side's.
    """

    variants: Dict[str, Run] = field(default_factory=dict)
    references: Dict[str, Run] = field(default_factory=dict)
    check: Optional[float] = None
