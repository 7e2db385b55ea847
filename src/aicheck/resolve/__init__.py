"""From references to components with facts; the only stage that may reach the network."""
