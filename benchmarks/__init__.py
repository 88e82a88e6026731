"""Measures speed and size of the service on a large base; nothing of the service itself is here."""
