"""The order of things: stamp, decide, apply, record, send. It alone knows all the others."""
