"""A key that is looked up is no key: what is masked is the value, never the code that finds it."""

from __future__ import annotations

import pytest

from aicheck.discover.results import mask_secrets


@pytest.mark.parametrize(
    "line",
    [
        'client = OpenAI(api_key=os.environ["DEEPSEEK_API_KEY"])',
        'client = OpenAI(base_url="https://x", api_key=os.getenv("KEY"))',
        "client = OpenAI(api_key=self.settings.get(name))",
    ],
)
def test_a_look_up_stays(line: str) -> None:
    assert mask_secrets(line) == line


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("https://api.example/v1?api_key=abcdef0123456789", "https://api.example/v1?api_key=***"),
        ("https://api.example/v1?key=a.b.c0123456789)", "https://api.example/v1?key=***"),
        ("x(api_key=a1b2c3.d4e5f6[)", "x(api_key=***"),
    ],
)
def test_a_value_does_not(line: str, masked: str) -> None:
    assert mask_secrets(line) == masked
