"""The only part that speaks to the provider: protocol (without a socket), client, download, and a simulator of it."""
