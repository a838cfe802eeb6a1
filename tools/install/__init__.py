"""What install.py does, one purpose a file. Stdlib only: it runs before any environment exists."""
