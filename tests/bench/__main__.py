"""`python -m tests.bench path`: how long the road takes, click to screen. `fairness`: how places are shared out.

`polls`: how soon a finished picture is found, and by how many requests. `capacity`: what one worker bears.
"""

from __future__ import annotations

import asyncio
import sys

from tests.bench import capacity, fairness, path, polls

BENCHES = {"capacity": capacity.main, "fairness": fairness.main, "path": path.main, "polls": polls.main}


def main() -> int:
    """Run the bench that is named."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in BENCHES:
        print(f"usage: python -m tests.bench {{{','.join(BENCHES)}}} [runs]", file=sys.stderr)
        return 2
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    asyncio.run(BENCHES[name](runs))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
