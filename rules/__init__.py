"""The questions: rule kinds, the policy that asks them, and the compiler between."""
