"""The protocol: what travels between a host and the server (docs/protocol.md). Stdlib and pyzmq only."""
