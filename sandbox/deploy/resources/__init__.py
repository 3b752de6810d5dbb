"""One small module per family of AWS types: its properties, and how it is made, changed and removed."""
