"""The environment, read once."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from server.core.prices import Prices
from server.settings import Settings, SettingsError, secret_key, url_host
from server.wiring import rules_of


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_nothing_set_is_this_machine_only_and_the_simulator() -> None:
    settings = Settings()
    assert (settings.host, settings.port, settings.atelier_data) == ("127.0.0.1", 8000, Path("var"))
    assert settings.simulated and settings.inputs_reachable
    assert (settings.database_url, settings.redis_url, settings.public_url) == (None, None, None)
    assert (settings.generation_rate, settings.write_rate) == (10, 30)


def test_the_environment_is_read_and_what_is_empty_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setenv("ATELIER_DATA", "/srv/a folder")
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("NANOBANANA_API_KEY", "")
    settings = Settings()
    assert (settings.port, settings.atelier_data) == (9000, Path("/srv/a folder"))
    assert settings.database_url is None
    assert settings.simulated


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": "eighty"},
        {"generation_rate": 0},
        {"submit_timeout": -1},
        {"nanobanana_simulator_speed": 0},
        {"callbacks": "?"},
    ],
)
def test_what_cannot_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**wrong)


def test_prices_are_set_in_part_and_the_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().price_list == Prices()
    monkeypatch.setenv("PRICES", '{"nano-banana-2": {"1K": 0.055}}')
    prices = Settings().price_list
    assert [prices.of("nano-banana-2", size) for size in ("1K", "2K")] == [0.055, 0.06]
    assert rules_of(Settings()).prices == prices


@pytest.mark.parametrize("wrong", ["{", "0.02", '{"midas": {}}', '{"nano-banana": {"1K": -1}}', "[" * 100_000])
def test_prices_that_cannot_be_used_are_a_sentence(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("PRICES", wrong)
    with pytest.raises(SettingsError, match=r"^PRICES cannot be used: .+\.$"):
        Settings()


def test_nobody_changes_them_and_secrets_are_not_shown() -> None:
    settings = Settings(secret_key="very secret", nanobanana_api_key="a-paid-key")  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]
    assert "very secret" not in repr(settings)
    assert "a-paid-key" not in repr(settings)


def test_the_provider_is_the_simulator_until_there_is_a_key() -> None:
    with pytest.raises(SettingsError, match="NANOBANANA_SIMULATOR_URL"):
        _ = Settings().provider_url
    assert Settings(nanobanana_simulator_url="http://127.0.0.1:1/").provider_url == "http://127.0.0.1:1"
    paid = Settings(nanobanana_api_key="key", nanobanana_url="https://provider.example/")  # type: ignore[arg-type]
    assert paid.provider_url == "https://provider.example"


def test_the_provider_fetches_inputs_only_where_it_can_reach_them() -> None:
    paid: dict[str, Any] = {"nanobanana_api_key": "key"}
    assert not Settings(**paid).inputs_reachable
    assert Settings(**paid, public_url="https://studio.example").inputs_reachable
    assert Settings(**paid, blob_url="s3://bucket").inputs_reachable


def test_the_provider_is_asked_to_call_back_where_it_can_and_may() -> None:
    paid: dict[str, Any] = {"nanobanana_api_key": "key"}
    assert Settings().called_back
    assert not Settings(callbacks=False).called_back
    assert not Settings(**paid, blob_url="s3://bucket").called_back
    assert Settings(**paid, public_url="https://studio.example").called_back
    assert not Settings(**paid, public_url="https://studio.example", callbacks=False).called_back


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("studio.local", "http://studio.local:8000"),
    ],
)
def test_the_address_reaches_where_it_listens(host: str, address: str) -> None:
    assert Settings(host=host).base_url == address
    assert address == f"http://{url_host(host)}:8000"
    assert Settings(host=host, public_url="https://studio.example/").base_url == "https://studio.example"


def test_the_key_is_made_once_and_kept_for_its_owner(tmp_path: Path) -> None:
    settings = Settings(atelier_data=tmp_path / "not yet" / "there")
    first = secret_key(settings)
    assert len(first) >= 32
    assert secret_key(settings) == first
    assert secret_key(Settings(atelier_data=tmp_path / "elsewhere")) != first
    kept = tmp_path / "not yet" / "there" / "secret_key"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["secret_key"]


def test_all_who_start_at_once_read_the_same_key(tmp_path: Path) -> None:
    settings = Settings(atelier_data=tmp_path)
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: secret_key(settings), range(64)))
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_key_of_the_operators_beats_the_kept_one(tmp_path: Path) -> None:
    assert secret_key(Settings(atelier_data=tmp_path, secret_key="ours")) == b"ours"  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
