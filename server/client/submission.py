"""One request as the host has it in memory, checked before anything is sent."""

from __future__ import annotations

import uuid
from collections.abc import Generator
from dataclasses import dataclass, field

from ..wire import content, uploads
from ..wire.errors import Code, OverpaintError
from ..wire.frames import Buffer
from ..wire.messages import Blob, Estimate, Submit
from ..wire.offers import Limits
from ..wire.raster import Depth, Raster
from ..wire.recipe import Recipe
from ..wire.streams import MemoryStore, Part
from .crop import is_blank
from .digests import Digests
from .translation import tr


def new_job_id() -> str:
    """32 hex digits that nobody else has."""
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Mask:
    """The selection over the crop: one gray channel of the crop's own size, white = repaint."""

    depth: Depth
    data: Buffer


@dataclass(frozen=True)
class Reference:
    """A picture to look at beside the words, laid out and coloured in its own way."""

    raster: Raster
    pixels: Buffer
    icc: Buffer | None = None


@dataclass(frozen=True)
class Submission:
    """A crop, its selection (None: the whole layer) and the recipe. The buffers must not change as long as it, or
    one that was made of it with ``dataclasses.replace``, is used: these share its ``digests``, and so their pixels are
    sent once.

    keep: let the server finish and keep the answer when this host goes away. references: for a method that looks at
    some.
    """

    recipe: Recipe
    layer: Raster
    pixels: Buffer
    mask: Mask | None = None
    icc: Buffer | None = None
    keep: bool = True
    references: tuple[Reference, ...] = ()
    job: str = field(default_factory=new_job_id)
    digests: Digests = field(default_factory=Digests, repr=False, compare=False)

    def check(self, limits: Limits | None = None) -> None:
        """Raises ``OverpaintError`` for what the server would refuse, before a byte is sent."""
        limits = limits or Limits()
        bounds = self.layer.bounds
        if bounds.empty:
            raise OverpaintError(Code.BAD_REQUEST, "The layer has no pixels here.", "Choose a layer with content.")
        if bounds.extent.longest > limits.max_side or self.nbytes > limits.max_job_bytes:
            raise OverpaintError(
                Code.TOO_LARGE,
                tr(
                    "The part to edit is too large ({width} × {height} pixels).",
                    width=bounds.width,
                    height=bounds.height,
                ),
                tr("Select a smaller part."),
            )
        self._check_lengths()
        self._check_references(limits)
        if len(self.recipe.prompt) > limits.max_prompt or len(self.recipe.negative) > limits.max_prompt:
            raise OverpaintError(
                Code.TOO_LARGE,
                tr("The prompt is longer than {most} characters.", most=limits.max_prompt),
                tr("Say it in fewer words."),
            )
        if not 1 <= self.recipe.variations <= limits.max_variations:
            raise OverpaintError(Code.BAD_REQUEST, tr("Ask for 1 to {most} variations.", most=limits.max_variations))
        if self.mask is not None and is_blank(self.mask.data):
            raise OverpaintError(Code.EMPTY_SELECTION, "Nothing is selected.", "Select the part to change.")

    def _check_lengths(self) -> None:
        expected = self.layer.bounds.extent.pixels * self.mask.depth.nbytes if self.mask is not None else 0
        if _size(self.pixels) != self.layer.nbytes or (self.mask is not None and _size(self.mask.data) != expected):
            raise OverpaintError(
                Code.HOST, "The application gave fewer or more pixels than it announced.", "Try again."
            )

    def _check_references(self, limits: Limits) -> None:
        if len(self.references) > limits.max_references:
            raise OverpaintError(
                Code.TOO_LARGE,
                tr("At most {most} reference pictures can be looked at.", most=limits.max_references),
                tr("Choose fewer."),
            )
        for reference in self.references:
            bounds = reference.raster.bounds
            if bounds.empty or _size(reference.pixels) != reference.raster.nbytes:
                raise OverpaintError(
                    Code.HOST, "A reference picture has no pixels, or fewer or more than it announced.", "Try again."
                )
            if bounds.extent.longest > limits.max_side or bounds.extent.pixels > limits.max_reference_pixels:
                raise OverpaintError(
                    Code.TOO_LARGE,
                    tr(
                        "A reference picture is too large ({width} × {height} pixels).",
                        width=bounds.width,
                        height=bounds.height,
                    ),
                    tr("Make it smaller."),
                )

    @property
    def nbytes(self) -> int:
        """All bytes that travel."""
        return sum(blob.nbytes for blob in self.blobs)

    @property
    def blobs(self) -> tuple[Blob, ...]:
        """With their digests as far as they are known."""
        return tuple(Blob(name, _size(data), self.digests.of(name, data)) for name, data in self._buffers().items())

    @property
    def named(self) -> bool:
        """The digests of all blobs are known."""
        return all(blob.digest for blob in self.blobs)

    def message(self) -> Submit:
        looked_at = tuple(reference.raster for reference in self.references)
        return Submit(self.job, self.recipe, self.layer, self.blobs, self._mask_depth, self.keep, looked_at)

    def question(self) -> Estimate:
        """What would it need? Unless ``naming`` was run before, all pixels are read now: a millisecond a megabyte."""
        for _ in self.naming():
            pass
        picture = content.picture(self.blobs)
        return Estimate(new_job_id(), self.recipe, self.layer, self._mask_depth, picture)

    def naming(self) -> Generator[None, None, None]:
        """Computes the digests of all that would travel, as far as they are not known, in pieces of about a
        millisecond."""
        return self.digests.reckoning(self._buffers())

    def learn(self, sent: tuple[Blob, ...]) -> None:
        """The server says what it called the blobs that it was sent."""
        buffers = self._buffers()
        for blob in sent:
            if blob.name in buffers and blob.nbytes == _size(buffers[blob.name]):
                self.digests.put(blob.name, buffers[blob.name], blob.digest)

    def parts(self, received: tuple[Blob, ...] = ()) -> list[Part]:
        """What to send, beginning where the server already has it."""
        done = {blob.name: blob.nbytes for blob in received}
        return [
            Part(name, _size(buffer), MemoryStore(buffer), min(_size(buffer), max(0, done.get(name, 0))))
            for name, buffer in self._buffers().items()
        ]

    @property
    def _mask_depth(self) -> Depth | None:
        return self.mask.depth if self.mask is not None else None

    def _buffers(self) -> dict[str, Buffer]:
        named: dict[str, Buffer | None] = {
            uploads.LAYER: self.pixels,
            uploads.MASK: self.mask.data if self.mask else None,
            uploads.PROFILE: self.icc,
        }
        for number, reference in enumerate(self.references):
            named[uploads.reference(number)] = reference.pixels
            named[uploads.reference_profile(number)] = reference.icc
        return {name: buffer for name, buffer in named.items() if buffer is not None and _size(buffer)}


def _size(buffer: Buffer) -> int:
    return memoryview(buffer).nbytes
