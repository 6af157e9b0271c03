"""Breaks everything, again and again, under load, and looks whether the promises hold. See docs/chaos.md."""
