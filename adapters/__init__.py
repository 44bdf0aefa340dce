"""The outside: FIX, brokers, market data, clocks, each behind a port the gateway states."""
