"""The verbs: one use case is one transaction, and reads open, load, act, record, return."""
