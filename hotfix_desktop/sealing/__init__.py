"""Floor 1: the seals of the audit log. Signing keys and signatures, and copies of checkpoints outside the database."""
