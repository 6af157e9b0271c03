"""What a notification says, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from server.core.devices import Language
from server.core.errors import ProblemCode
from server.core.push_words import (
    EXCERPT,
    Count,
    batch_body,
    batch_title,
    excerpt,
    failure,
    fixed,
    outcome_title,
    quoted,
)

ROOT = Path(__file__).parents[3]
EN, FR = Language.EN, Language.FR


@pytest.mark.parametrize(
    ("ready", "failed", "english", "french"),
    [
        (1, 0, "Your picture is ready", "Votre image est prête"),
        (6, 0, "6 pictures are ready", "6 images sont prêtes"),
        (0, 1, "A picture failed", "Une image a échoué"),
        (0, 3, "3 pictures failed", "3 images ont échoué"),
        (1, 1, "1 picture is ready, 1 failed", "1 image est prête, 1 a échoué"),
        (5, 2, "5 pictures are ready, 2 failed", "5 images sont prêtes, 2 ont échoué"),
    ],
)
def test_numbers_are_said_rightly(ready: int, failed: int, english: str, french: str) -> None:
    count = Count(ready, failed)
    assert (outcome_title(EN, count), outcome_title(FR, count)) == (english, french)


def test_a_batch_says_how_many_and_what_went_wrong() -> None:
    assert batch_title(EN, Count(5, 1)) == "All 6 pictures are done"
    assert batch_title(FR, Count(5, 1)) == "Les 6 images sont terminées"
    assert batch_body(EN, Count(6, 0)) == ""
    assert batch_body(FR, Count(5, 1)) == "5 images sont prêtes, 1 a échoué."


@pytest.mark.parametrize("language", Language)
def test_every_problem_has_its_sentence_the_page_s_own(language: Language) -> None:
    page = (ROOT / f"web/src/i18n/{language}.ts").read_text()
    (table,) = re.findall(r"^const problems: .*?\{\n(.*?)^\}", page, re.MULTILINE | re.DOTALL)
    assert {code: failure(language, code) for code in ProblemCode} == dict(re.findall(r"(\w+): '(.*)'", table))
    assert failure(language, "made_up")


def test_what_is_no_outcome_has_words_in_both_languages() -> None:
    for kind in ("test", "credits_low"):
        assert all(fixed(EN, kind)) and all(fixed(FR, kind))
        assert fixed(EN, kind) != fixed(FR, kind)


def test_a_prompt_is_cut_at_a_word_and_stays_on_one_line() -> None:
    assert excerpt("a fox") == "a fox"
    assert excerpt("  a\nfox\t in \x00 snow ") == "a fox in snow"
    long = excerpt("a fox in the snow " * 20)
    assert len(long) <= EXCERPT
    assert re.search(r"\w…$", long)
    assert excerpt("x" * 300) == "x" * (EXCERPT - 1) + "…"
    assert (quoted(EN, "a fox"), quoted(FR, "un renard"), quoted(EN, " ")) == ("“a fox”", "« un renard »", "")
