"""A Chinese full-text search library: analysis, queries, ranking and engines. It knows no knowledge base."""
