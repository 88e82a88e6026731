"""The database: transactions, queries by noun, audit and outbox."""
