"""A real account's trades, sent as orders through a real gate, for people to watch."""
