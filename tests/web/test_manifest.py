"""The app's manifests: the same in both languages but for the words, and icons of the sizes that they name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from PIL import Image

from server.setup.virtualenv import ROOT

PUBLIC = ROOT / "web" / "public"
ENGLISH, FRENCH = PUBLIC / "manifest.webmanifest", PUBLIC / "manifest.fr.webmanifest"
WORDS = {"description", "lang"}
# Kilobytes; an icon is a few colours.
MOST = 16


def shape(manifest: dict[str, Any]) -> dict[str, Any]:
    shortcuts = [{**shortcut, "name": ""} for shortcut in manifest["shortcuts"]]
    return {**{name: value for name, value in manifest.items() if name not in WORDS}, "shortcuts": shortcuts}


def test_both_languages_say_the_same() -> None:
    english, french = (json.loads(path.read_text()) for path in (ENGLISH, FRENCH))
    assert shape(english) == shape(french)
    assert (english["lang"], french["lang"]) == ("en", "fr")
    assert [one["name"] for one in english["shortcuts"]] != [one["name"] for one in french["shortcuts"]]


@pytest.mark.parametrize("icon", json.loads(ENGLISH.read_text())["icons"], ids=lambda icon: icon["src"])
def test_icons_are_what_they_are_said_to_be(icon: dict[str, str]) -> None:
    path = PUBLIC / icon["src"].lstrip("/")
    with Image.open(path) as picture:
        assert f"{picture.width}x{picture.height}" == icon["sizes"]
        assert Image.MIME[picture.format or ""] == icon["type"]
        # What a mask cuts must be full to its edges.
        opaque = picture.convert("RGBA").getextrema()[3][0] == 255
        assert opaque == (icon.get("purpose") == "maskable")
    assert path.stat().st_size < MOST * 1000
