"""A server with a thousand sessions, many kept answers and many devices: ``bench.load --sessions`` asks for it."""
