"""From files to references and gaps; pure, and never executing what it reads."""
