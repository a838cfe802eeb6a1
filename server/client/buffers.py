"""Memory for results, used again: touching fresh pages costs more than the transfer itself."""

from __future__ import annotations

from collections.abc import Iterable

_KEPT_BYTES = 256 << 20


class Buffers:
    """Gives out byte buffers of an exact size and takes them back; what is not given back is simply collected."""

    def __init__(self) -> None:
        self._free: list[bytearray] = []

    def take(self, nbytes: int) -> bytearray:
        """A buffer of ``nbytes`` whose contents are undefined."""
        for index, buffer in enumerate(self._free):
            if len(buffer) == nbytes:
                return self._free.pop(index)
        return bytearray(nbytes)

    def take_back(self, views: Iterable[memoryview]) -> None:
        """The caller reads what is seen through ``views`` no more; those of other memory are passed over."""
        for view in views:
            if isinstance(view.obj, bytearray):
                self.give_back(view.obj)

    def give_back(self, buffer: bytearray) -> None:
        """The caller reads ``buffer`` no more."""
        self._free.append(buffer)
        while sum(map(len, self._free)) > _KEPT_BYTES:
            self._free.pop(0)
