"""What the kinds that protect clients share: which test applies, how it is answered, and legs."""
