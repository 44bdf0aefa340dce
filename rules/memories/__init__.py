"""What rules remember between orders, one module for each shape of memory."""
