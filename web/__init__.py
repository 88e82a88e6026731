"""The doors to the knowledge base: pages, JSON API and command line over the same use cases; no rule of its own."""
