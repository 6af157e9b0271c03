"""Benches: commands that measure and print, never tests."""
