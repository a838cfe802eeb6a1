"""What the commands of ``overpaint`` do, one file a command; ``server.cli`` holds their options."""
