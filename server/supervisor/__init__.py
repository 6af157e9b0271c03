"""Starts all of Atelier's parts, keeps them running, and stops them: what `atelier up` does.

`up.up` is the whole of it; `run_file.find_running` tells other commands where a running instance listens. They import
this package for that alone, so that nothing is imported here.
"""
