"""Names of saved files: kept where they can be, safe everywhere, never the same twice."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.file_names import file_stem, unique_names


@pytest.mark.parametrize(
    ("name", "prompt", "stem"),
    [
        ("Été à Paris, l'île.jpeg", "", "Été à Paris- l-île"),
        ("", "a fox\nin the   snow, at night, under one red lamp", "a fox in the snow- at night- under"),
        ("", "", "atelier"),
        ("...", "", "--"),
        (".jpg", "a fox", "a fox"),
        ("हिन्दी.png", "", "हिन्दी"),
        ("con.jpg", "", "con-"),
        ("LPT1", "", "LPT1-"),
        ("e\u0301.jpg", "", "é"),
    ],
)
def test_examples(name: str, prompt: str, stem: str) -> None:
    assert file_stem(name, prompt) == stem


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_name_is_one_that_every_disk_takes(name: str, prompt: str) -> None:
    stem = file_stem(name, prompt)
    assert stem == stem.strip() != ""
    assert len(f"{stem} 500.webp".encode()) <= 255
    assert not re.search(r'[\x00-\x1f<>:"/\\|?*.]', stem)
    assert stem.lower() not in {"con", "nul", "aux", "prn", "com1", "lpt9"}


@given(st.lists(st.tuples(st.sampled_from(["fox", "FOX", "fox 2", "ﬁ", "fi", "é"]), st.sampled_from(["jpg", "png"]))))
def test_no_two_meet_on_a_disk_that_ignores_case_and_form(files: list[tuple[str, str]]) -> None:
    names = unique_names(files)
    assert len({unicodedata.normalize("NFKC", name).casefold() for name in names}) == len(files)
    assert all(
        name.startswith(stem) and name.endswith(f".{ending}") for name, (stem, ending) in zip(names, files, strict=True)
    )


def test_the_first_keeps_its_name_and_the_others_are_numbered() -> None:
    names = unique_names([("fox", "jpg"), ("Fox", "jpg"), ("fox", "png"), ("fox 2", "jpg"), ("fox", "jpg")])
    assert names == ["fox.jpg", "Fox 2.jpg", "fox.png", "fox 2 2.jpg", "fox 3.jpg"]
