"""Many AI-BOMs: merge, query, upload."""
