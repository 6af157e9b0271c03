"""What prompts mean, in both languages."""

from __future__ import annotations

import pytest

from jobs.nanobanana.simulator.painting import words
from jobs.nanobanana.simulator.painting.painter import CHANGES

EVERY = words.GRADES | words.MEDIA | words.ARRANGEMENTS


@pytest.mark.parametrize(
    ("prompt", "meant"),
    [
        ("make it night", ["night"]),
        ("De NUIT, s'il vous plaît", ["night"]),
        ("a pencil sketch", ["sketch"]),
        ("un croquis", ["sketch"]),
        ("un dessin au crayon", ["sketch"]),
        ("watercolour", ["watercolour"]),
        ("Watercolor painting", ["watercolour"]),
        ("à l'aquarelle", ["watercolour"]),
        ("in sepia", ["sepia"]),
        ("en sépia", ["sepia"]),
        ("comic book", ["comic"]),
        ("façon bande dessinée", ["comic"]),
        ("mirror it", ["mirror"]),
        ("un effet miroir", ["mirror"]),
        ("put it in a frame", ["frame"]),
        ("dans un cadre doré", ["frame"]),
        ("black and white", ["black-and-white"]),
        ("en noir et blanc", ["black-and-white"]),
        ("at sunset", ["sunset"]),
        ("un coucher de soleil", ["sunset"]),
        ("in winter", ["winter"]),
        ("sous la neige en hiver", ["winter"]),
        ("an oil painting", ["oil"]),
        ("peinture à l'huile", ["oil"]),
        ("pixel art", ["pixels"]),
        ("rends-la floue", ["blur"]),
        ("photo vintage", ["vintage"]),
        ("l'automne", ["autumn"]),
        ("dans la brume", ["fog"]),
        ("sous la pluie", ["rain"]),
        ("pop art", ["pop"]),
        ("neon lights", ["neon"]),
        ("au printemps", ["spring"]),
        ("a night in a frame, as a sketch", ["night", "sketch", "frame"]),
        ("un ennui mortel", []),
        ("make the hat red", []),
    ],
)
def test_changes(prompt: str, meant: list[str]) -> None:
    assert words.asked(prompt, EVERY) == meant


@pytest.mark.parametrize(
    ("prompt", "scene", "mood"),
    [
        ("a forest at night", "forest", "night"),
        ("une forêt la nuit", "forest", "night"),
        ("coucher de soleil sur la mer", "sea", "sunset"),
        ("des dunes", "desert", "desert"),
        ("une galaxie lointaine", "space", None),
        ("skyline of Tokyo at dusk", "city", "dusk"),
        ("a snowy lake", "lake", "snow"),
        ("les Alpes à l'aube", "mountains", "dawn"),
        ("formes abstraites", "abstract", None),
        ("a cat", None, None),
    ],
)
def test_scenes_and_moods(prompt: str, scene: str | None, mood: str | None) -> None:
    assert next(iter(words.asked(prompt, words.SCENES)), None) == scene
    assert next(iter(words.asked(prompt, words.MOODS)), None) == mood


def test_every_change_has_words_and_every_word_a_change() -> None:
    assert set(CHANGES) == set(EVERY)
