"""The ZeroMQ front: sessions, admission, the queue, uploads and downloads. It imports no torch and no numpy."""
