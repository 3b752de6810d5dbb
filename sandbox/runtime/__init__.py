"""Lambda execution environments: the Runtime API, zygotes and workers, limits, logs, dependencies."""
