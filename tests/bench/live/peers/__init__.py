"""Other servers that do the same: take messages from Redis, and hand each to every WebSocket of its room."""
