"""What a picture's file is called on a disk: after the upload's own name or the prompt, safe on every system."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

NAMELESS = "atelier"
_LONGEST = 80
# Most file systems end at 255 bytes: this leaves room for a number and an ending.
_MOST_BYTES = 200
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³")}


def file_stem(name: str, prompt: str) -> str:
    """The file's name without its ending: letters of any script, digits, spaces, `-` and `_`."""
    words = name.rsplit(".", 1)[0] or " ".join(prompt.split()[:8])
    plain = "".join(sign if _keeps(sign) else "-" for sign in unicodedata.normalize("NFC", words)).strip()[:_LONGEST]
    stem = plain.encode()[:_MOST_BYTES].decode(errors="ignore").strip()
    # Windows opens a device instead, whatever the ending.
    return f"{stem}-" if stem.lower() in _DEVICES else stem or NAMELESS


def unique_names(files: Iterable[tuple[str, str]]) -> list[str]:
    """A file name for each stem and ending, numbered where two would meet on a disk that ignores case."""
    taken: set[str] = set()
    last: dict[str, int] = {}
    names: list[str] = []
    for stem, ending in files:
        name, known = f"{stem}.{ending}", _known(f"{stem}.{ending}")
        while _known(name) in taken:
            last[known] = last.get(known, 1) + 1
            name = f"{stem} {last[known]}.{ending}"
        taken.add(_known(name))
        names.append(name)
    return names


def _keeps(sign: str) -> bool:
    # Vowel signs of many scripts are marks upon letters.
    return sign.isalnum() or sign in " -_" or unicodedata.category(sign).startswith("M")


def _known(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
