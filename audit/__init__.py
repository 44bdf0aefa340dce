"""The memory of the house: a journal of exact bytes that nobody can quietly change.

`journal` writes, `reader` reads, `verify` judges. The bytes are specified in
`docs/formats/journal.md`; nothing here knows what an order is.
"""
