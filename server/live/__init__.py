"""The WebSocket door: the stream `atelier.v1`."""
