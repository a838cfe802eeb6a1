"""What files of models say of themselves, read without trusting them: neither loaded nor run. Torch-free."""
