"""How the page looks and weighs: `python -m tests.audit` and `python -m tests.audit screenshots`."""
