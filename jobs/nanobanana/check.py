"""Whether the provider answers, in a sentence: `python -m jobs.nanobanana.check`, which fails if it does not."""

from __future__ import annotations

import asyncio

from jobs.nanobanana.client import NanoBanana
from server.settings import SIMULATOR_KEY, Settings, SettingsError


async def check(settings: Settings) -> tuple[bool, str]:
    """Ask for the balance; nothing is charged for that."""
    key = settings.nanobanana_api_key.get_secret_value() if settings.nanobanana_api_key else SIMULATOR_KEY
    name = "The simulator" if settings.simulated else "NanoBanana"
    try:
        client = NanoBanana(settings.provider_url, key, ask_timeout=5.0)
    except (SettingsError, ValueError) as error:
        return False, str(error)
    try:
        credits = (await client.balance()).credits
    finally:
        await client.aclose()
    if credits is None:
        return False, f"{name} at {settings.provider_url} does not answer, or refuses the key."
    return True, f"{name} at {settings.provider_url} answers; {credits:g} credits."


def main() -> int:
    """Print the sentence."""
    well, sentence = asyncio.run(check(Settings()))
    print(sentence)
    return 0 if well else 1


if __name__ == "__main__":
    raise SystemExit(main())
