from __future__ import annotations

import struct
import zipfile
from pathlib import Path

from PIL import ImageCms

from bench import profiles as made


def version_4(names: dict[str, str]) -> bytes:
    """Only what ``description`` reads: a header, and a desc tag in several languages."""
    records, texts = b"", b""
    for language, name in names.items():
        text = name.encode("utf-16-be")
        records += struct.pack(">2s2sII", language.encode(), b"XX", len(text), 16 + 12 * len(names) + len(texts))
        texts += text
    tag = struct.pack(">4s4xII", b"mluc", len(names), 12) + records + texts
    head = bytearray(128)
    head[36:40] = b"acsp"
    return bytes(head) + struct.pack(">I4sII", 1, b"desc", 144, len(tag)) + tag


def version_2(name: bytes) -> bytes:
    tag = struct.pack(">4s4xI", b"desc", len(name) + 1) + name + b"\0" * 79
    head = bytearray(128)
    head[36:40] = b"acsp"
    return bytes(head) + struct.pack(">I4sII", 1, b"desc", 144, len(tag)) + tag


def test_the_name_of_a_profile_is_read_in_both_versions() -> None:
    from overpaint.profiles import description

    assert description(version_2(b"Adobe RGB (1998)")) == "Adobe RGB (1998)"
    assert description(version_4({"en": "Display P3"})) == "Display P3"


def test_of_several_languages_english_is_the_name() -> None:
    from overpaint.profiles import description

    assert description(version_4({"zh": "显示器", "en": "Display"})) == "Display"


def test_a_profile_made_by_littlecms_is_named_as_it_names_itself() -> None:
    from overpaint.profiles import description

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    assert description(profile.tobytes()) == ImageCms.getProfileDescription(profile).strip()


def test_what_is_not_a_profile_has_no_name() -> None:
    from overpaint.profiles import description

    whole = version_4({"en": "Display"})
    assert description(b"") == description(b"x" * 500) == ""
    for length in range(len(whole)):
        description(whole[:length])  # cut anywhere, it never raises
    assert description(made.by_matrix(made.SRGB_COLORANTS, made.power(2.2))) in ("", description(made.adobe_like()))


def test_a_profile_is_found_by_its_name_in_any_folder_below(tmp_path: Path) -> None:
    from overpaint.profiles import find

    (tmp_path / "a/deep").mkdir(parents=True)
    (tmp_path / "a/other.icc").write_bytes(version_2(b"Other"))
    (tmp_path / "a/deep/wanted.ICM").write_bytes(version_2(b"Wanted"))
    (tmp_path / "a/broken.icc").write_bytes(b"broken")
    assert find("Wanted", [tmp_path / "missing", tmp_path]) == version_2(b"Wanted")
    assert find("Nobody", [tmp_path]) is None


def test_the_profile_of_a_saved_document_is_read_from_it(tmp_path: Path) -> None:
    from overpaint.profiles import from_kra

    with zipfile.ZipFile(tmp_path / "one.kra", "w") as document:
        document.writestr("test/annotations/icc", b"profile")
    (tmp_path / "no.kra").write_bytes(b"no zip")
    assert from_kra(tmp_path / "one.kra") == b"profile"
    assert from_kra(tmp_path / "no.kra") is from_kra(tmp_path / "missing.kra") is None
