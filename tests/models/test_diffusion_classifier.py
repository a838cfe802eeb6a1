"""A caption is chosen by how well the denoiser foretells the noise with it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.torch

torch = pytest.importorskip("torch")

from server.models.runtime.conditioning import Conditioning  # noqa: E402
from server.models.runtime.denoiser import EncodedPicture  # noqa: E402
from server.models.runtime.diffusion_classifier import DRAWS, DiffusionClassifier, evaluations  # noqa: E402

CAPTIONS = [f"{number}" for number in range(100)]
PLACES = (0.5,) * DRAWS
EVERYWHERE = torch.ones(1, 1, 8, 8)


class Noise:
    """A schedule on which everything is noise, and the noise is what is foretold."""

    def __len__(self) -> int:
        return 1000

    def noised(self, clean, noise, at):
        return noise

    target = noised
    timesteps = torch.arange(1000)


class Foreteller:
    """Errs by the distance of the caption from ``right``, and by chance up to ``chance``."""

    schedule = Noise()

    def __init__(self, right: int, chance: float) -> None:
        self.right, self.chance, self.most = right, chance, 0

    def condition(self, caption: str) -> Conditioning:
        return Conditioning({"prompt": torch.tensor([[float(caption)]])})

    def predict(self, noisy, timesteps, conditioning: Conditioning, encoded: EncodedPicture):
        self.most = max(self.most, len(noisy))
        error = (conditioning.parts["prompt"] - self.right).abs() + self.chance * torch.rand(len(noisy), 1)
        return noisy + error[..., None, None]


def classifier(denoiser: Foreteller, on_evaluation, where=EVERYWHERE) -> DiffusionClassifier:
    torch.manual_seed(0)
    return DiffusionClassifier(denoiser, EncodedPicture(torch.zeros(1, 4, 8, 8)), where, PLACES, on_evaluation)


@pytest.mark.parametrize("right", [0, 42, 99])
@pytest.mark.parametrize("chance", [0.0, 0.9])
def test_the_caption_with_the_smallest_error_is_found_in_as_many_looks_as_were_said(right: int, chance: float):
    seen: list[int] = []
    denoiser = Foreteller(right, chance)
    assert classifier(denoiser, seen.append).best(CAPTIONS) == f"{right}"
    assert sum(seen) == evaluations(len(CAPTIONS)) < 2.5 * len(CAPTIONS)
    assert denoiser.most == max(seen) <= 16


@pytest.mark.parametrize("captions", [["5"], ["5", "6"], ["9", "6", "5"]])
def test_few_captions_are_all_looked_at(captions: list[str]):
    seen: list[int] = []
    assert classifier(Foreteller(5, 0.0), seen.append).best(captions) == "5"
    assert sum(seen) == evaluations(len(captions))


class Two(Foreteller):
    """Of two pictures side by side: ``right`` on the left, 9 on the right."""

    def predict(self, noisy, timesteps, conditioning: Conditioning, encoded: EncodedPicture):
        left = super().predict(noisy, timesteps, conditioning, encoded)
        return torch.where(torch.arange(8) < 4, left, noisy + (conditioning.parts["prompt"] - 9).abs()[..., None, None])


def test_only_what_is_asked_about_counts():
    half = (torch.arange(8) >= 4).float().expand(1, 1, 8, 8)
    assert classifier(Two(5, 0.0), lambda count: None, half).best(CAPTIONS) == "9"
    assert classifier(Two(5, 0.0), lambda count: None, 1 - half).best(CAPTIONS) == "5"


def test_what_the_report_raises_ends_it():
    def stop(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        classifier(Foreteller(5, 0.0), stop).best(CAPTIONS)
