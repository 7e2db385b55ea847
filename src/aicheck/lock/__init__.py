"""`aicheck.lock`: what was resolved, written down, so that a scan needs no network and says the same for ever.

`find` (where it lies) · `file` (read and write) · `blocks` (one component, both ways) · `make` (lock and update) ·
`drift` (what changed since).
"""
