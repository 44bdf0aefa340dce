"""What the market says, held ready for the next order."""
