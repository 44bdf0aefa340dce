"""`ordergate policy`: compliance's own tools, on policies before and after they are in force."""
