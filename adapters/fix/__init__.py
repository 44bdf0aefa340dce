"""FIX: the wire between desks, the gateway and brokers."""
