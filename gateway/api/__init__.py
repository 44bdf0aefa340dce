"""REST: orders in and answers out for programs that do not speak FIX. Loopback only, by key."""
