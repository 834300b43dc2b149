"""What the wire's maps are made of: finite numbers within bounds, and the base of every map."""

import math
from typing import Annotated

from msgspec import Meta, Struct

UInt32 = Annotated[int, Meta(ge=0, le=0xFFFF_FFFF)]
Count = Annotated[int, Meta(ge=1, le=0xFFFF_FFFF)]
Id = Annotated[str, Meta(min_length=1, max_length=128)]
Positive = Annotated[float, Meta(gt=0)]
Probability = Annotated[float, Meta(ge=0, le=1)]
Seconds = Annotated[float, Meta(ge=0)]
Milliseconds = Annotated[int, Meta(ge=0, le=3_600_000)]


class Strict(Struct, frozen=True):
    """A map of the wire. Its floats are finite: zod refuses the others, and JSON has no way to write them."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{name} is {value}; it must be a finite number")
