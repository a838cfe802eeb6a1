"""What was taught or imported is one file each, which alone says what it is; only its owner changes it."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from server.models.headers import safetensors
from server.models.store.loras import Lora, LoraStore, check_word, word_from
from server.models.store.taught import Taught
from server.wire.errors import Code, OverpaintError
from tests.models.safe import write_safetensors

REX = Lora("rex", "ohwx dog", "dog", Taught.SUBJECT, "sd15", 4, made_from="pictures")


@pytest.fixture
def loras(tmp_path: Path) -> LoraStore:
    return LoraStore(tmp_path / "loras")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    tensors = {"lora_unet_x.lora_down.weight": ("F16", (4, 8)), "lora_unet_x.lora_up.weight": ("F16", (8, 4))}
    return write_safetensors(tmp_path / "any.safetensors", tensors, {"ss_tag_frequency": "{}", "ss_network_alpha": "2"})


def refused(what: object, *arguments: object) -> OverpaintError:
    with pytest.raises(OverpaintError) as caught:
        what(*arguments)  # type: ignore[operator]
    assert caught.value.code in (Code.BAD_REQUEST, Code.UNSAFE_FILE)
    return caught.value


def test_the_file_alone_says_what_it_is_in_the_notes_of_other_programs(loras: LoraStore, file: Path):
    loras.put(file, REX)
    (found,) = LoraStore(loras.root).all()
    assert replace(found, path=Path(), digest="", title="") == REX
    notes = safetensors.read(found.path).metadata
    assert notes["modelspec.trigger_phrase"] == "ohwx dog"
    assert notes["ss_output_name"] == "rex"
    assert notes["modelspec.hash_sha256"] == f"0x{safetensors.content_digest(file)}"
    assert (notes["ss_tag_frequency"], notes["ss_network_alpha"]) == ("{}", "2")
    assert safetensors.read(found.path).tensors.keys() == safetensors.read(file).tensors.keys()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_others_cannot_read_it(loras: LoraStore, file: Path):
    path = loras.put(file, REX).path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(loras.root.stat().st_mode) == 0o700


def test_another_word_keeps_what_it_is(loras: LoraStore, file: Path):
    before = loras.put(file, REX)
    after = loras.rename("rex", "Bello")
    assert (after.word, after.phrase, after.digest) == ("bello", "ohwx dog", before.digest)
    assert [lora.word for lora in loras.all()] == ["bello"]
    assert list(loras.root.iterdir()) == [after.path]


def test_a_word_that_is_taken_is_not_taken_again(loras: LoraStore, file: Path):
    loras.put(file, REX)
    loras.put(file, replace(REX, word="bello"))
    assert "taken" in refused(loras.rename, "rex", "bello").sentence
    assert "rex" in refused(loras.find, "nobody").hint
    loras.remove("rex")
    assert [lora.word for lora in loras.all()] == ["bello"]


def test_a_word_taught_again_means_the_new_thing(loras: LoraStore, file: Path):
    loras.put(file, REX)
    stamp = loras.stamp()
    loras.put(file, replace(REX, phrase="ohwx cat"))
    (found,) = loras.all()
    assert found.phrase == "ohwx cat"
    assert loras.stamp() != stamp


@pytest.mark.parametrize(
    "word",
    ["", " ", "two words", "../rex", "rex/", "a.b", "7", "-rex", "con", "r\u202eex", "x" * 41, "<rex>", "rex:1", "\0"],
)
def test_what_can_be_no_word_is_refused_with_a_sentence(word: str):
    assert refused(check_word, word).sentence


@pytest.mark.parametrize(
    ("text", "word"), [("My LoRA v1.5", "my-lora-v1-5"), ("123", "my-123"), ("小黑", "小黑"), ("!", "model")]
)
def test_any_files_name_gives_a_word(text: str, word: str):
    assert word_from(text) == word
    assert check_word(word) == word


def test_a_guest_uses_what_is_here_and_keeps_its_own_to_itself(loras: LoraStore, file: Path):
    loras.put(file, REX)
    mine, other = (LoraStore.of(loras.root, key) for key in ("one", "two"))
    mine.put(file, replace(REX, word="minka", phrase="zxqk cat"))
    mine.put(file, replace(REX, phrase="guest's dog"))
    assert [(lora.word, lora.phrase) for lora in mine.all()] == [("minka", "zxqk cat"), ("rex", "guest's dog")]
    assert [(lora.word, lora.phrase) for lora in other.all()] == [("rex", "ohwx dog")]
    assert [(lora.word, lora.phrase) for lora in loras.all()] == [("rex", "ohwx dog")]
    for change in (lambda: other.remove("rex"), lambda: other.rename("rex", "bello")):
        assert "belongs" in refused(change).sentence


def test_a_file_that_cannot_be_read_leaves_the_others(loras: LoraStore, file: Path, caplog: pytest.LogCaptureFixture):
    loras.put(file, REX)
    (loras.root / "cut.safetensors").write_bytes(file.read_bytes()[:-1])
    (loras.root / "empty.safetensors").touch()
    (loras.root / "folder.safetensors").mkdir()
    (loras.root / "gone.safetensors").symlink_to(loras.root / "nowhere")
    assert [lora.word for lora in loras.all()] == ["rex"]
    assert "cut.safetensors" in caplog.text


def test_notes_that_lie_are_shown_as_one_harmless_line(loras: LoraStore, tmp_path: Path):
    notes = {"modelspec.trigger_phrase": "a\x1b[31m\nb" * 90, "overpaint.kind": "<b>", "modelspec.license": "x" * 9999}
    tensors = {"lora_unet_x.lora_down.weight": ("F16", (4, 8))}
    loras.root.mkdir()
    write_safetensors(loras.root / "rex.safetensors", tensors, notes)
    (found,) = loras.all()
    assert found.phrase.isprintable()
    assert max(len(found.phrase), len(found.licence)) <= 120
    assert found.kind is Taught.STYLE
