"""What a check says: which gradients are right, which are not, where the mistake is, and what was not compared."""
