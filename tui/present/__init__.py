"""From views to text: pure functions, one module for each thing shown. No input, no output, no widgets."""
