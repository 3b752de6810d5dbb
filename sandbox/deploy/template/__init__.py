"""Templates: text, the SAM transform, parameters, intrinsic functions, references."""
