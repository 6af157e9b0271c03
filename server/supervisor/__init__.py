"""Starts all of Atelier's parts, keeps them running, and stops them: what `atelier up` does.

`up` is the whole of it; `run_file.find_running` tells other commands where a running instance listens.
"""

from server.supervisor.up import up

__all__ = ["up"]
