"""Reference facts as people keep them: a YAML file, and tables beside it."""
