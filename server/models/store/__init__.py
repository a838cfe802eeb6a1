"""The installed models and where they come from: cards, catalogue, download, import. Torch-free."""
