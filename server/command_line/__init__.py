"""What the commands of ``overpaint`` do, one file a command; options are in ``server.cli`` and the ``…_app`` files."""
