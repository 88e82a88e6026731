"""The nouns of the knowledge base and their rules; no module here queries or commits."""
