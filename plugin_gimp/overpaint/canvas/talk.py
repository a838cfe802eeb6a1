"""What GIMP shows while an edit runs."""

from __future__ import annotations

from collections.abc import Sequence

from gi.repository import Gimp, GObject


def begin_progress(text: str) -> None:
    Gimp.progress_init(text)


def show_progress(text: str, fraction: float | None) -> None:
    """``fraction`` 0..1, None where it is not known."""
    Gimp.progress_set_text(text)
    if fraction is None:
        Gimp.progress_pulse()
    else:
        Gimp.progress_update(min(1.0, max(0.0, fraction)))


def end_progress() -> None:
    Gimp.progress_end()


def show_message(text: str) -> None:
    """Something worth knowing that is not an error; GIMP shows it in its own way."""
    Gimp.message(text)


def as_value(procedure: Gimp.Procedure, layers: Sequence[Gimp.Layer]) -> GObject.Value:
    """``layers`` as a procedure returns them. GIMP 3 gives Python no way to fill such an array but through a config."""
    config = procedure.create_config()
    config.set_core_object_array("drawables", list(layers))
    return GObject.Value(GObject.type_from_name("GimpCoreObjectArray"), config.get_property("drawables"))
