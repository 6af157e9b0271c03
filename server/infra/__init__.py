"""Adapters: one technology and one port a file."""
