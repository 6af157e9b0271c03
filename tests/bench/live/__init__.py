"""The live bench: what the stream bears and how soon it tells, beside other servers that do the same."""
