"""What an environment's engine may reach: the operator's rules and, for one environment, additions to them."""
