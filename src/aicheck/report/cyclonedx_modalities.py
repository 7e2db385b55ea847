"""What goes into a model and what comes out, by the Hub's pipeline tags."""

from __future__ import annotations

from typing import Final

__all__ = ["MODALITIES"]

MODALITIES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "text-generation": (("text",), ("text",)),
    "text2text-generation": (("text",), ("text",)),
    "translation": (("text",), ("text",)),
    "summarization": (("text",), ("text",)),
    "fill-mask": (("text",), ("text",)),
    "question-answering": (("text",), ("text",)),
    "text-classification": (("text",), ("label",)),
    "token-classification": (("text",), ("label",)),
    "zero-shot-classification": (("text",), ("label",)),
    "feature-extraction": (("text",), ("embedding",)),
    "sentence-similarity": (("text",), ("embedding",)),
    "text-ranking": (("text",), ("score",)),
    "text-to-image": (("text",), ("image",)),
    "image-to-image": (("image",), ("image",)),
    "text-to-video": (("text",), ("video",)),
    "image-to-video": (("image",), ("video",)),
    "text-to-speech": (("text",), ("audio",)),
    "text-to-audio": (("text",), ("audio",)),
    "automatic-speech-recognition": (("audio",), ("text",)),
    "audio-classification": (("audio",), ("label",)),
    "audio-text-to-text": (("audio", "text"), ("text",)),
    "voice-activity-detection": (("audio",), ("label",)),
    "image-classification": (("image",), ("label",)),
    "object-detection": (("image",), ("boxes",)),
    "image-segmentation": (("image",), ("mask",)),
    "mask-generation": (("image",), ("mask",)),
    "depth-estimation": (("image",), ("depth map",)),
    "image-to-text": (("image",), ("text",)),
    "image-text-to-text": (("image", "text"), ("text",)),
    "visual-question-answering": (("image", "text"), ("text",)),
    "video-text-to-text": (("video", "text"), ("text",)),
    "any-to-any": (("text", "image", "audio"), ("text", "image", "audio")),
    "time-series-forecasting": (("time series",), ("time series",)),
    "tabular-classification": (("table",), ("label",)),
    "tabular-regression": (("table",), ("number",)),
}
