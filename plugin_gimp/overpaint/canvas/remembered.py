"""What a person chose last in any of the dialogs, for those that have none: GIMP keeps it for all images."""

from __future__ import annotations

from gi.repository import Gimp

from server.client.reading import Reading

NAME = "overpaint-reading"


def reading() -> Reading:
    found = Gimp.get_parasite(NAME)
    try:
        return Reading(bytes(found.get_data()).decode()) if found is not None else Reading.LAYER
    except ValueError:  # of a version to come
        return Reading.LAYER


def remember(chosen: Reading) -> None:
    Gimp.attach_parasite(Gimp.Parasite.new(NAME, Gimp.PARASITE_PERSISTENT, chosen.value.encode()))
