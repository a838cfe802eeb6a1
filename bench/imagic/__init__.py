"""What learning a picture takes: time (``python -m bench.imagic``) and a GPU's memory (``bench.imagic.memory``)."""
