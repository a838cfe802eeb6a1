"""What a family of models says of itself: one file a family, one class or value in it. Torch-free when imported.

``Family`` has all that the rest of the house asks about a family. What is common to the families of diffusers is said
here; a family's own file says the rest, and imports torch and diffusers inside its methods only: the gateway and the
store read these files, too, and load neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from server.models.headers.safetensors import SafetensorsHeader

from .learning import DREAMBOOTH, FAST, PAPER, QUALITY, UNITUNE, Preset
from .single_file import FileHeader, SingleFile, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from server.models.runtime.conditioning import Conditioning
    from server.models.runtime.pipeline import PipelineAdapter
    from server.pixels.picture import F32
    from server.wire.geometry import Extent


class Ability(str, Enum):
    """What a model can be asked to do."""

    INPAINT = "inpaint"
    """Repaint what lies under a mask."""
    REDRAW = "redraw"
    """Noise the picture to a given strength and denoise it after the words (SDEdit)."""
    LEARN = "learn"
    """Be fitted to one picture, to paint that changed by words (Imagic)."""
    ERASE = "erase"
    """Continue the surroundings into a hole, without words."""
    ENLARGE = "enlarge"
    """Give a picture more pixels, without words."""
    INVERT = "invert"
    """Be led back to the noise of a picture, and show where it looks for a word (LEDITS++)."""
    FLOW = "flow"
    """Carry one picture to another (FlowEdit)."""
    REFERENCES = "references"
    """Look at reference pictures beside the words."""
    EFFECT = "effect"
    """Judge how well a layer over a picture fits words, while it is learned (Text2LIVE)."""
    NAME = "name"
    """Find where in a picture is what words name."""
    POINT = "point"
    """Outline the thing that is pointed at."""
    MATTE = "matte"
    """Say how opaque each pixel of a thing's edge is."""


class CheckpointKind(str, Enum):
    """What a checkpoint of a family was trained to see beside the noisy picture."""

    BASE = "base"
    """Nothing."""
    FILL = "fill"
    """The mask, and what is left of the picture around it."""
    EDIT = "edit"
    """Reference pictures."""


GENERATIVE = frozenset({Ability.INPAINT, Ability.REDRAW, Ability.LEARN, Ability.EFFECT, Ability.NAME})

Configs = Mapping[str, Mapping[str, Any]]
"""The ``config.json`` of each part of a diffusers folder, by the part's name, empty for a part that has none; and its
``model_index.json``, by an empty name."""


@dataclass(frozen=True)
class Defaults:
    """What a model is best asked for when the user says nothing. ``strength`` is that of a replacement; a redraw has
    its own."""

    steps: int
    guidance: float
    strength: float = 1.0


class Family:
    """The declaration, and how a loaded model of the family is called. A method is given the loaded model."""

    name: str
    """As a card names it."""
    title: str
    good_for = "what it was made for"
    """In a list of models, where nobody says more."""
    pipelines: tuple[str, ...] = ()
    """Class names that a diffusers folder of this family may have in its model_index.json."""
    signature: tuple[str, ...] = ()
    """Beginnings of tensors' names by which a single file of this family is known, where such are not loaded."""
    as_file = ""
    """What a single file of this family is called in a list of what can be imported; empty: such are not loaded."""
    kinds: Mapping[CheckpointKind, frozenset[Ability]] = MappingProxyType(
        {CheckpointKind.BASE: GENERATIVE, CheckpointKind.FILL: GENERATIVE}
    )
    """What the family's checkpoints of each kind can do."""
    native: int = 1024
    """Side in pixels of the squares it was trained on, where a checkpoint does not say."""
    defaults = Defaults(steps=28, guidance=5.0)
    presets: tuple[Preset, ...] = (QUALITY, FAST, PAPER)
    """How a picture is learned, the usual way first."""
    unitune: Preset = UNITUNE
    """How a picture is learned under a rare word."""
    dreambooth: Preset = DREAMBOOTH
    """How a word is taught."""
    class_pictures = 100
    """How many pictures of a word's class the model paints before it is taught."""
    wide_range = False
    """Whether its activations overflow in half precision: bfloat16 for it."""
    samples_posterior = True
    """Whether pictures are drawn from what the autoencoder is unsure of, as diffusers' pipeline does; else they are the
    most likely latents."""
    working_share = 0.2
    """Memory that a run needs beside the weights, as a share of theirs."""
    reads_long_prompts = False
    """Whether there is a text encoder beside CLIP, whose 77 tokens are about fifty words."""
    adapter = "server.models.runtime.pipeline:PipelineAdapter"
    """``module:class`` of the ``Adapter`` that loads it; empty for a network that is no diffusion model."""
    pipeline = ""
    """Class of diffusers whose parts are loaded."""
    absent: Mapping[str, Any] = MappingProxyType({})
    """Parts of the pipeline that are not loaded, as keyword arguments of ``from_pretrained``."""

    # --- recognised -----------------------------------------------------------------------------

    def in_file(self, header: FileHeader, prediction: str = "") -> SingleFile | None:
        """What the single file with this header holds; None for a file that is nothing of this family. Raises
        bad-request, saying why, for one that is of this family, or near it, and cannot be loaded.

        prediction: ``EPSILON`` or ``VELOCITY`` where the person knows better than the file.
        """
        if isinstance(header, SafetensorsHeader) and header.holds(*self.signature):
            raise refused(f"{self.title} cannot be loaded from one file.", "Import its diffusers folder instead.")
        return None

    def kind(self, configs: Configs) -> CheckpointKind:
        """Of a checkpoint with these configurations."""
        return CheckpointKind.BASE

    @property
    def abilities(self) -> frozenset[Ability]:
        """Of all kinds together."""
        return frozenset().union(*self.kinds.values())

    # --- loaded ---------------------------------------------------------------------------------

    def prepare(self, pipe: Any) -> None:
        """Changes the parts of a pipeline that was just loaded, where it wants other ones."""

    def defaults_of(self, pipe: Any) -> Defaults:
        """Of one checkpoint."""
        return self.defaults

    def architecture(self, pipe: Any) -> str:
        """As files of additions name the model that they are for (Stability's ``modelspec.architecture``); empty: they
        have no name for it."""
        return ""

    def denoiser(self, pipe: Any) -> Any:
        """The network that predicts."""
        return pipe.transformer

    def latent_factor(self, pipe: Any) -> int:
        """Pixels of the picture per latent pixel, along one side."""
        return int(pipe.vae_scale_factor)

    def patch(self, pipe: Any) -> int:
        """Latent pixels that the denoiser takes at once, along one side."""
        return 1

    def sees_mask(self, pipe: Any) -> bool:
        """Whether the denoiser is shown the mask, and what is left of the picture around it."""
        return False

    def guides(self, pipe: Any) -> bool:
        """Whether guidance is classifier-free (arXiv 2207.12598), by a second prediction of each step. A model that was
        distilled from guided runs reads the scale, or knows one only."""
        return True

    # --- latents --------------------------------------------------------------------------------

    def normalise(self, latents: Tensor, vae: Any) -> Tensor:
        """Latents as the autoencoder gives them → as the denoiser wants them."""
        scaled: Tensor = (latents - (vae.config.get("shift_factor") or 0.0)) * vae.config.scaling_factor
        return scaled

    def denormalise(self, latents: Tensor, vae: Any) -> Tensor:
        """The reverse of ``normalise``."""
        unscaled: Tensor = latents / vae.config.scaling_factor + (vae.config.get("shift_factor") or 0.0)
        return unscaled

    # --- words ----------------------------------------------------------------------------------

    def condition(self, model: PipelineAdapter, prompt: str) -> Conditioning:
        """The prompt through the model's own text encoders."""
        raise NotImplementedError

    def unconditional(self, model: PipelineAdapter, negative: str) -> Conditioning:
        """What classifier-free guidance leads away from."""
        return self.condition(model, negative)

    # --- steps ----------------------------------------------------------------------------------

    def timesteps(self, model: PipelineAdapter, steps: int, size: Extent) -> Mapping[str, Any]:
        """Arguments of the scheduler's ``set_timesteps`` for a picture of ``size``."""
        return {"num_inference_steps": steps}

    def starts_blind(self, pipe: Any) -> bool:
        """Whether diffusers' pipeline draws nothing from the picture when it begins with nothing but noise, so that
        the noise is the first thing drawn."""
        return False

    def shown(
        self, model: PipelineAdapter, image: Tensor, mask: Tensor, references: Sequence[F32], encode: Encode
    ) -> tuple[Tensor, ...]:
        """What the denoiser sees beside the noisy latents, each (1 or B, …).

        image: (1, 3, H, W), -1..1.
        mask: (1, 1, h, w) at the latents' size, 0..1, soft.
        references: pictures (h, w, 3), 0..1, of any size.
        encode: as this run draws it.
        """
        return ()

    def predict(
        self,
        model: PipelineAdapter,
        noisy: Tensor,
        timesteps: Tensor,
        conditioning: Conditioning,
        shown: Sequence[Tensor],
        guidance: float,
    ) -> Tensor:
        """One forward pass, all (B, …) in the denoiser's own type. ``guidance``: for models that read it."""
        raise NotImplementedError


if TYPE_CHECKING:
    from collections.abc import Callable

    Encode = Callable[[Tensor], Tensor]
    """(1, 3, H, W), -1..1 → latents (1 or B, C, h, w)."""


def transformer_shift(scheduler: Any, tokens: int, most: float) -> float:
    """The time shift μ of a flow-matching scheduler for a picture of so many tokens, linear between its smallest and
    largest picture (arXiv 2403.03206, §5.3.2, as diffusers' pipelines compute it). most: its largest, unless said."""
    config = scheduler.config
    few, many = config.get("base_image_seq_len", 256), config.get("max_image_seq_len", 4096)
    low, high = config.get("base_shift", 0.5), config.get("max_shift", most)
    slope = (high - low) / (many - few)
    return float(tokens * slope + (low - slope * few))
