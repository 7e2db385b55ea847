"""Embedding and reranking of the help articles."""

from sentence_transformers import CrossEncoder, SentenceTransformer

from app.settings import settings

embedder = SentenceTransformer(settings.embedding_model)
reranker = CrossEncoder(settings.reranker_model)
fallback = SentenceTransformer("all-MiniLM-L6-v2", revision="a4ce9694439b000ffd9ef4fe8becf6f62621689e")
