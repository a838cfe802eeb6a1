"""Pictures that were looked at are kept for a while: a second click on one costs only the question."""

from __future__ import annotations

from collections import OrderedDict

from server.pixels.picture import Picture

from .prompts import Engine, Seen

_MOST = 2
"""Pictures that are kept, in each process."""

_kept: OrderedDict[tuple[str, str], Seen] = OrderedDict()


def looked_at(engine: Engine, picture: Picture, content: str) -> Seen:
    """What ``engine`` sees in ``picture``. content: the picture's name (``Scene.content``); empty: it is not kept."""
    key = engine.name, f"{content} {picture.alpha.shape}"
    seen = _kept.get(key) if content else None
    if seen is None:
        seen = engine.look(picture)
    if content:
        _kept[key] = seen
        _kept.move_to_end(key)
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return seen
