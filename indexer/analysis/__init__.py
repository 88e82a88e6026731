"""From text to search terms: normal form, codes, words, bigrams. Documents and queries pass the same way."""
