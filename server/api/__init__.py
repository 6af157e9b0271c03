"""The HTTP door: `routes.py` is the table of contents of the product."""
