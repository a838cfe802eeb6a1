"""Does selecting find what was meant?"""
