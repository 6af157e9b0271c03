"""Behaviours as they are read from prompts."""

from __future__ import annotations

import pytest

from jobs.nanobanana.simulator.choices import Choice, UnknownBehaviour, chosen, in_prompt


def test_tags_are_taken_out_of_the_prompt() -> None:
    choice, prompt = in_prompt("a cat [[slow]] by the sea [[code-429:2:30]]")
    assert prompt == "a cat by the sea"
    assert choice.texts() == ["slow", "code-429:2:30"]
    assert (choice.number("code-429"), choice.number("code-429", 1), choice.number("slow")) == (2, 30, None)


def test_brackets_around_other_words_are_words() -> None:
    choice, prompt = in_prompt("a [[cat]] and [one] [[]]")
    assert prompt == "a [[cat]] and [one] [[]]" and not choice


def test_a_url_may_hold_colons() -> None:
    assert chosen(["result-redirect:http://a:80/b"]).text("result-redirect") == "http://a:80/b"


@pytest.mark.parametrize(
    "tag",
    [
        "code-429:x",
        "code-429:0",
        "code-429:1.5",
        "code-429:1:-1",
        "callback-times",
        "poll-code",
        "poll-code:99",
        "poll-code:1000",
        "poll-code:404.5",
        "ok:1",
        "slow:nan",
        "slow:1e9",
        "slow:1:2",
    ],
)
def test_wrong_arguments_are_an_error(tag: str) -> None:
    with pytest.raises(UnknownBehaviour):
        in_prompt(f"a cat [[{tag}]]")


def test_an_unknown_name_is_an_error_where_no_words_can_be_meant() -> None:
    with pytest.raises(UnknownBehaviour, match="'sloow'"):
        chosen(["sloow"])


def test_lasts_as_often_as_it_says_or_for_ever() -> None:
    choice = chosen(["record-null:2", "data-null"])
    assert [choice.lasts("record-null", count) for count in (1, 2, 3)] == [True, True, False]
    assert choice.lasts("data-null", 1000) and not choice.lasts("record-404", 1)


def test_over_keeps_both_and_prefers_the_first() -> None:
    both = chosen(["slow:2"]).over(chosen(["slow:9", "black"]))
    assert both.number("slow") == 2 and "black" in both
    assert not Choice()
