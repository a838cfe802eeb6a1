"""Erasing models that a user has: LaMa and MI-GAN as .onnx files, run by OpenCV. Torch-free."""
