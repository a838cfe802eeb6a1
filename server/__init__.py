"""Overpaint's inference server, and the two rooms (wire, client) that the host plugins carry."""
