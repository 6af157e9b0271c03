"""A NanoBanana to develop, test and demonstrate against: a real HTTP server. Its interface is in docs/simulator.md."""
