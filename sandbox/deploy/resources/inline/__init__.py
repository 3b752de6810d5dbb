"""What CloudFormation puts beside inline code that asks for it; nothing here runs in the sandbox itself."""
