"""CloudFormation, natively, over the deployer."""
