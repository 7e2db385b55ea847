"""Minimal edits that write pins and safer options into the code that names models.

`edits` (what an edit is) · `python`, `javascript`, `commands`, `urls` (how each kind of source is edited) · `plan`
(which places are edited, and the proof that the result says what it should).
"""
