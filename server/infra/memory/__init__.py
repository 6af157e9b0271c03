"""Adapters that live in this process only: what unit tests run on, held to the same contracts as the real ones."""
