"""The frozen values that the four stages pass on; standard library only."""
