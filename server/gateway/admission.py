"""What may come in: every submit is checked here before a byte of its pixels is taken."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from server.gateway.references import check_looks, check_references, profile_names, reference_sizes
from server.wire import uploads
from server.wire.content import DIGEST_HEX, is_digest
from server.wire.errors import Code, OverpaintError
from server.wire.messages import Estimate, Submit
from server.wire.offers import Limits, MethodOffer, ModelOffer, Need
from server.wire.raster import Channels, Raster
from server.wire.recipe import MOST_POINTS, Recipe, out_of_range

JOB_ID = re.compile(r"[0-9a-f]{32}")
MAX_ICC_BYTES = 16 << 20
MAX_COORDINATE = 1 << 24


def admit(submit: Submit, methods: Sequence[MethodOffer], models: Sequence[ModelOffer], limits: Limits) -> None:
    """Return when the job can be taken; otherwise raise an ``OverpaintError`` that says why not and what to do."""
    check_id(submit.job)
    _check_layer(submit.layer, limits)
    check_references(submit, limits)
    _check_blobs(submit, limits)
    _check_recipe(submit.recipe, limits)
    _check_answer(submit, limits)
    check_looks(submit, _check_method(submit.recipe, submit.mask_depth is not None, methods, models))


def admit_question(
    question: Estimate, methods: Sequence[MethodOffer], models: Sequence[ModelOffer], limits: Limits
) -> None:
    """As ``admit``, for what an edit would need: only a method that learns the picture first can say so."""
    check_id(question.question)
    if question.content and not is_digest(question.content):
        raise _bad(f"The picture's digest is not {DIGEST_HEX} hex digits.")
    _check_layer(question.layer, limits)
    _check_recipe(question.recipe, limits)
    method = _check_method(question.recipe, question.mask_depth is not None, methods, models)
    if not method.estimates:
        raise _bad(f"{method.title} cannot be estimated.", "Start it: it says itself how long it will take.")


def check_id(job: str) -> None:
    """Job ids become folder names: nothing but 32 hex digits passes."""
    if not JOB_ID.fullmatch(job):
        raise _bad("The job's id is not 32 hex digits.")


def room_for(submit: Submit) -> int:
    """Bytes that a job takes on the disk: what is uploaded and, where that remains until all are there, its answers,
    as far as they can be foreseen: one that is larger than what was sent counts when it is there."""
    return sum(blob.nbytes for blob in submit.blobs) + _foreseen(submit)


def _foreseen(submit: Submit) -> int:
    """Bytes of layers of the crop's size, one for each picture that is asked for."""
    layer = submit.layer
    answer = layer.nbytes + (0 if layer.channels.has_alpha else layer.bounds.extent.pixels * layer.depth.nbytes)
    return max(1, len(submit.recipe.eta)) * submit.recipe.variations * answer


def check_same(submit: Submit, again: Submit) -> None:
    """A job that is submitted again may say what its blobs are called, and nothing else about them."""
    if [(blob.name, blob.nbytes) for blob in submit.blobs] != [(blob.name, blob.nbytes) for blob in again.blobs]:
        raise _bad("The job was submitted again with other blobs.")
    _check_digests(again)


def check_room(needed: int, free: int, spare: int) -> None:
    """Refuse when ``needed`` bytes more would leave less than ``spare`` bytes on the disk."""
    if free - needed < spare:
        raise OverpaintError(
            Code.DISK_FULL,
            f"The server's disk is nearly full: {_size(max(0, free))} are free.",
            "Free some space on the disk that holds Overpaint's files, then try again.",
        )


def _check_layer(layer: Raster, limits: Limits) -> None:
    bounds = layer.bounds
    if bounds.empty:
        raise _bad("The part of the layer that was sent has no pixels.", "Select a part of the layer that has pixels.")
    if max(abs(bounds.x), abs(bounds.y)) > MAX_COORDINATE:
        raise _bad(f"The layer's position ({bounds.x}, {bounds.y}) is out of range.")
    if bounds.extent.longest > limits.max_side:
        raise OverpaintError(
            Code.TOO_LARGE,
            f"The part that was sent is {bounds.width} × {bounds.height} pixels; a side may have {limits.max_side}.",
            "Make the selection or its context smaller.",
        )


def _check_blobs(submit: Submit, limits: Limits) -> None:
    _check_digests(submit)
    sizes = {blob.name: blob.nbytes for blob in submit.blobs}
    expected = {uploads.LAYER: submit.layer.nbytes, **_mask_size(submit), **reference_sizes(submit)}
    profiles = profile_names(submit)
    if len(sizes) != len(submit.blobs) or not expected.keys() <= sizes.keys() <= {*expected, *profiles}:
        given = _names(name[:40] for name in list(sizes)[:40])
        raise _bad(f"The job announces {given}; expected {_names(expected)} and perhaps profiles, each once.")
    for name, nbytes in expected.items():
        if sizes[name] != nbytes:
            raise _bad(f"The {name} was announced with {sizes[name]} bytes; its size and type need {nbytes}.")
    for name in profiles:
        if not 0 <= sizes.get(name, 0) <= MAX_ICC_BYTES:
            raise OverpaintError(
                Code.TOO_LARGE,
                f"The colour profile has {sizes[name]} bytes; at most {_size(MAX_ICC_BYTES)} are taken.",
                "Convert the document to a usual colour profile.",
            )
    total = sum(sizes.values())
    if total > limits.max_job_bytes:
        raise OverpaintError(
            Code.TOO_LARGE,
            f"The job is {_size(total)} large; this server takes {_size(limits.max_job_bytes)}.",
            "Make the selection or its context smaller, or work at a lower depth.",
        )


def _check_answer(submit: Submit, limits: Limits) -> None:
    if (foreseen := _foreseen(submit)) > limits.max_answer_bytes:
        raise OverpaintError(
            Code.TOO_LARGE,
            f"The answers would be {_size(foreseen)} large; at most {_size(limits.max_answer_bytes)} are made.",
            "Ask for fewer answers at once, or make the selection or its context smaller.",
        )


def _check_digests(submit: Submit) -> None:
    for blob in submit.blobs:
        if blob.digest and not is_digest(blob.digest):
            raise _bad(f"The digest of a blob is not {DIGEST_HEX} hex digits.")


def _mask_size(submit: Submit) -> dict[str, int]:
    if submit.mask_depth is None:
        return {}
    return {uploads.MASK: Raster(submit.layer.bounds, Channels.GRAY, submit.mask_depth).nbytes}


def _check_recipe(recipe: Recipe, limits: Limits) -> None:
    for text in (recipe.prompt, recipe.negative):
        if len(text) > limits.max_prompt:
            raise OverpaintError(
                Code.TOO_LARGE,
                f"The prompt has {len(text)} characters; at most {limits.max_prompt} are taken.",
                "Say it in fewer words.",
            )
    if not 1 <= recipe.variations <= limits.max_variations:
        raise _bad(f"{recipe.variations} variations were asked for; 1 to {limits.max_variations} can be made.")
    for wrong in out_of_range(recipe):
        raise _bad(str(wrong), f"Choose one {wrong.range}.")
    if len(recipe.points) > MOST_POINTS:
        raise _bad(f"{len(recipe.points)} points were given; at most {MOST_POINTS} are taken.", "Give fewer.")
    _check_answers(recipe, limits)


def _check_answers(recipe: Recipe, limits: Limits) -> None:
    answers = len(recipe.eta) * recipe.variations
    if answers > limits.max_variations:
        raise _bad(
            f"{len(recipe.eta)} edit strengths with {recipe.variations} variations each are {answers} answers; "
            f"at most {limits.max_variations} can be made at once.",
            "Ask for fewer.",
        )


def _check_method(
    recipe: Recipe, selected: bool, methods: Sequence[MethodOffer], models: Sequence[ModelOffer]
) -> MethodOffer:
    method = next((offer for offer in methods if offer.name == recipe.method), None)
    if method is None:
        raise OverpaintError(
            Code.UNKNOWN_METHOD,
            f"This server has no method “{recipe.method[:40]}”.",
            f"It has: {_names(offer.name for offer in methods)}.",
        )
    if Need.SELECTION in method.needs and not selected:
        raise OverpaintError(
            Code.EMPTY_SELECTION,
            "Nothing is selected.",
            "Select the part to change, or choose Edit layer.",
        )
    if Need.PROMPT in method.needs and not recipe.prompt.strip():
        raise _bad(f"{method.title} needs words.", "Say what should be there.")
    if Need.POINTS in method.needs and not selected and not any(point.wanted for point in recipe.points):
        raise OverpaintError(
            Code.EMPTY_SELECTION, "Nothing was pointed at.", "Point at what you mean, or select a small part of it."
        )
    _check_extras(recipe, method)
    _check_preset(recipe, method)
    _check_model(recipe, method, models)
    return method


def _check_extras(recipe: Recipe, method: MethodOffer) -> None:
    own = {setting.name: setting for setting in method.own}
    for extra in recipe.extras:
        setting = own.get(extra.name)
        if setting is None:
            raise _bad(
                f"{method.title} has no setting “{extra.name[:40]}”.",
                f"It has: {_names(own)}." if own else "Leave it out.",
            )
        if right := setting.problem(extra.value):
            raise _bad(f"The setting {setting.name} is {extra.value[:40]}.", f"It has to be {right}.")


def _check_preset(recipe: Recipe, method: MethodOffer) -> None:
    names = [preset.name for preset in method.presets]
    if recipe.preset and recipe.preset not in names:
        raise _bad(
            f"{method.title} has no preset “{recipe.preset[:40]}”.",
            f"It has: {_names(names)}." if names else "Leave the preset out.",
        )
    if recipe.eta and "eta" not in method.settings:
        raise _bad(f"{method.title} has no edit strengths eta.", "Leave eta out.")


def _check_model(recipe: Recipe, method: MethodOffer, models: Sequence[ModelOffer]) -> None:
    if not method.ready:
        raise OverpaintError(
            Code.MODEL_MISSING,
            f"{method.title} needs a model, and none is installed that can do it.",
            "Get one with “overpaint models list” and “overpaint models pull NAME”.",
        )
    if not recipe.model or recipe.model in method.models:
        return
    if recipe.model in {offer.name for offer in models}:
        raise OverpaintError(
            Code.UNKNOWN_MODEL,
            f"The model “{recipe.model}” cannot do {method.title}.",
            _instead(method),
        )
    raise OverpaintError(
        Code.UNKNOWN_MODEL,
        f"No model “{recipe.model[:60]}” is installed.",
        f"Installed for {method.title}: {_names(method.models)}." if method.models else _instead(method),
    )


def _instead(method: MethodOffer) -> str:
    if Need.PROMPT in method.needs:
        return f"These can: {_names(method.models)}."
    others = f", or one of: {_names(method.models)}" if method.models else ""
    return f"{method.title} needs no model: choose none{others}. For another picture there, say what it should show."


def _bad(
    sentence: str, hint: str = "This is a fault of the program that sent it; an update may help."
) -> OverpaintError:
    return OverpaintError(Code.BAD_REQUEST, sentence, hint)


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"


def _size(nbytes: int) -> str:
    return f"{nbytes / 2**30:.1f} GB" if nbytes >= 2**30 else f"{nbytes / 2**20:.0f} MB"
