"""The knowledge base: its nouns, rules and use cases, and the database they live in. It owns every transaction."""
