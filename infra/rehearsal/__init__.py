"""A deployment as an operator makes it, on an emulator: synthesised, uploaded, created through CloudFormation, used by HTTP."""
