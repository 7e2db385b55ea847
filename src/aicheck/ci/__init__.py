"""What the GitHub Action does: read the event, find the base, judge what is new, say so."""
