"""The front door: everything AWS-shaped enters here, is told apart, recorded, and answered."""
