"""From facts and a policy to findings and a verdict; pure."""
