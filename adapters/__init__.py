"""The outside: FIX sessions, brokers, market data, clocks, each behind a port the gateway states."""
