"""A broker on paper: it acknowledges, fills, cancels and misbehaves, and no money moves."""
