"""Settings of the service; every value can be overridden by the environment."""

from pydantic_settings import BaseSettings

GENERATOR = "nvidia/OpenReasoning-Nemotron-7B"


class Settings(BaseSettings):
    embedding_model: str = "Qwen/Qwen3-Embedding-0.6B"
    reranker_model: str = "BAAI/bge-reranker-v2-m3"
    generator_model: str = GENERATOR
    chat_model: str = "moonshotai/kimi-k2"
    openrouter_base_url: str = "https://openrouter.ai/api/v1"


settings = Settings()
