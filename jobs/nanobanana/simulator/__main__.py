"""`python -m jobs.nanobanana.simulator --host 127.0.0.1 --port N`: serves until SIGTERM or Ctrl-C.

It prints one line on standard output once it answers. Port 0 takes a free one. NANOBANANA_SIMULATOR_SPEED (8 unless
set) and NANOBANANA_SIMULATOR_SEED (1 unless set) are read from the environment.
"""

from __future__ import annotations

import argparse
import os
import sys
from math import isfinite


def main() -> int:
    """Returns the exit status: 0 after a clean stop, 1 if the address cannot be had, 2 for a wrong setting."""
    arguments = _arguments()
    try:
        speed, seed = _speed(), _seed()
    except ValueError as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    # Imported only now: every painter process imports this file again.
    from .serving import CannotListen, serve
    from .settings import Settings

    try:
        serve(arguments.host, arguments.port, Settings(speed=speed, seed=seed))
    except CannotListen as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="jobs.nanobanana.simulator", description="A simulator of the NanoBanana API.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=0, help="the port to listen on; 0 takes a free one")
    return parser.parse_args()


def _speed() -> float:
    text = os.environ.get("NANOBANANA_SIMULATOR_SPEED", "").strip() or "8"
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not isfinite(speed) or not 0.001 <= speed <= 1e6:
        raise ValueError(f"NANOBANANA_SIMULATOR_SPEED is a number from 0.001 to 1000000, not {text!r}.")
    return speed


def _seed() -> int:
    text = os.environ.get("NANOBANANA_SIMULATOR_SEED", "").strip() or "1"
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"NANOBANANA_SIMULATOR_SEED is a whole number, not {text!r}.") from None


if __name__ == "__main__":
    sys.exit(main())
