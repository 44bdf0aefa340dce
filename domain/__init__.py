"""The nouns: what an order, an account, a quote and a decision are. Standard library only."""
