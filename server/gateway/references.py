"""What reference pictures may come with a job, and which model then does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from server.wire import uploads
from server.wire.errors import Code, OverpaintError
from server.wire.messages import Submit
from server.wire.offers import Limits, MethodOffer


def check_references(submit: Submit, limits: Limits) -> None:
    """Their number and sizes. Raises ``OverpaintError`` (bad-request, too-large)."""
    count = len(submit.references)
    most = min(limits.max_references, uploads.MOST_REFERENCES)
    if count > most:
        raise OverpaintError(
            Code.TOO_LARGE,
            f"{count} reference pictures were given; at most {most} can be looked at.",
            "Choose fewer.",
        )
    for number, raster in enumerate(submit.references, 1):
        extent = raster.bounds.extent
        if raster.bounds.empty:
            raise OverpaintError(Code.BAD_REQUEST, f"Reference picture {number} has no pixels.", "Choose another one.")
        if extent.longest > limits.max_side or extent.pixels > limits.max_reference_pixels:
            raise OverpaintError(
                Code.TOO_LARGE,
                f"Reference picture {number} is {extent.width} × {extent.height} pixels, which is too large.",
                f"Make it smaller: {limits.max_reference_pixels >> 20} megapixels are taken.",
            )


def reference_sizes(submit: Submit) -> dict[str, int]:
    """Bytes of each blob that has to come for them."""
    return {uploads.reference(number): raster.nbytes for number, raster in enumerate(submit.references)}


def profile_names(submit: Submit) -> tuple[str, ...]:
    """What may come beside the pixels: the profile of each picture."""
    return (uploads.PROFILE, *map(uploads.reference_profile, range(len(submit.references))))


def check_looks(submit: Submit, method: MethodOffer) -> None:
    """Whether ``method``, with the model that is asked for, looks at them. Raises ``OverpaintError``."""
    if not submit.references:
        if method.needs_references:
            raise OverpaintError(
                Code.BAD_REQUEST, f"{method.title} needs a reference picture.", "Choose one that it is to look at."
            )
    elif not method.takes_references():
        raise OverpaintError(
            Code.BAD_REQUEST,
            f"{method.title} looks at no reference pictures with what is installed.",
            "Leave them out, or get a model that does, like FLUX.2 klein.",
        )
    elif not method.takes_references(submit.recipe.model):
        raise OverpaintError(
            Code.UNKNOWN_MODEL,
            f"The model “{submit.recipe.model[:60]}” looks at no reference pictures.",
            f"Leave them out, or choose one that does: {', '.join(method.references)}.",
        )


def with_model(submit: Submit, methods: Sequence[MethodOffer]) -> Submit:
    """An admitted job whose model nobody chose, by one that looks at what it is given."""
    method = next((offer for offer in methods if offer.name == submit.recipe.method), None)
    if not submit.references or submit.recipe.model or method is None or not method.references:
        return submit
    return replace(submit, recipe=replace(submit.recipe, model=method.references[0]))
