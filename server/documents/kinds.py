"""The kinds of picture files that are read: the one list that help, messages and the reader go by. Light to import."""

from __future__ import annotations

READ = ("PNG", "TIFF", "JPEG", "WebP", "GIF", "BMP")

_STARTS = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"\xff\xd8\xff": "JPEG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"BM": "BMP",
    b"8BPS": "Photoshop",
    b"gimp xcf": "XCF",
    b"PK\x03\x04": "zipped (as Krita and OpenRaster files are)",
    b"%PDF": "PDF",
    b"%!PS": "PostScript",
    b"<svg": "SVG",
    b"<?xml": "XML",
    b"\x76\x2f\x31\x01": "OpenEXR",
    b"#?RADIANCE": "Radiance",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"qoif": "QOI",
}
_HEAD = 16
_BOXED = {b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC", b"crx ": "camera raw"}


def listed() -> str:
    """For a sentence: ``PNG, TIFF, … and BMP``."""
    return f"{', '.join(READ[:-1])} and {READ[-1]}"


def recognise(data: bytes) -> str:
    """By its first bytes, whatever its name says: one of ``READ``, the name of another kind, or empty."""
    head = data[:_HEAD]
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "WebP"
    if head[:2] == b"II" and head[8:10] == b"CR":
        return "camera raw"
    if head[4:8] == b"ftyp":
        return _BOXED.get(head[8:12], "")
    return next((kind for start, kind in _STARTS.items() if head.startswith(start)), "")
