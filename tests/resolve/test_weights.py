"""Files, formats, remote code and signatures."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicheck.core.component import Safety
from aicheck.core.evidence import Known, Unseen
from aicheck.resolve.records import RepoFile, RepoRecord, from_hub
from aicheck.resolve.weights import format_of, signed_files, weights_of

A, B = "aa" * 32, "bb" * 32


def bundle(*rows: tuple[str, str]) -> bytes:
    resources = [{"algorithm": "sha256", "name": name, "digest": digest} for name, digest in rows]
    statement = {"predicateType": "https://model_signing/signature/v1.0", "predicate": {"resources": resources}}
    return json.dumps(
        {"dsseEnvelope": {"payload": base64.b64encode(json.dumps(statement).encode()).decode()}}
    ).encode()


def weights(*files: RepoFile, signature: bytes | None = None, auto_map: bool | None = None):
    record = RepoRecord(
        "a/b", "a/b", "hub", None, files=files, files_complete=True, signature=signature, auto_map=auto_map
    )
    fact = weights_of(record, None)
    assert isinstance(fact, Known)
    return fact.value


@pytest.mark.parametrize(
    ("path", "kind", "safety"),
    [
        ("model-00001-of-00002.safetensors", "safetensors", Safety.SAFE),
        ("x/pytorch_model.bin", "pytorch-pickle", Safety.EXECUTABLE),
        ("Q4_K_M.GGUF", "gguf", Safety.SAFE),
        ("openvino_model.bin", "openvino", Safety.SAFE),
        ("model.nemo", "nemo", Safety.EXECUTABLE),
        ("strange.bin", "bin", Safety.UNKNOWN),
    ],
)
def test_formats(path: str, kind: str, safety: Safety) -> None:
    found = format_of(path)
    assert found is not None
    assert (found.id, found.safety) == (kind, safety)


def test_other_files_are_no_weights() -> None:
    assert format_of("README.md") is None
    assert format_of("tokenizer.json") is None


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        (bundle(("model.safetensors", A)), "signed-consistent"),
        (bundle(("model.safetensors", B)), "signed-mismatch"),
        (bundle(("other.safetensors", A)), "signed-mismatch"),
        (bundle(("model.safetensors", A), ("gone.safetensors", B)), "signed-mismatch"),
        (None, "present-unchecked"),
        (b"junk", "present-unchecked"),
        (b"{}", "present-unchecked"),
    ],
)
def test_signatures(signature: bytes | None, expected: str) -> None:
    found = weights(RepoFile("model.safetensors", 9000, A), RepoFile("model.sig", 10), signature=signature)
    assert found.signature == expected


def test_no_signature() -> None:
    assert weights(RepoFile("model.safetensors", 9000, A)).signature == "absent"


def test_remote_code() -> None:
    files = (RepoFile("modeling_x.py"), RepoFile("train.py"), RepoFile("model.safetensors"))
    assert weights(*files, auto_map=True).remote_code == ("modeling_x.py", "train.py")
    assert weights(*files).remote_code == ("modeling_x.py",)
    assert weights(*files, auto_map=False).remote_code == ()


def test_no_listing_is_a_gap() -> None:
    assert isinstance(weights_of(RepoRecord("a/b", "a/b", "catalog", None), None), Unseen)


@given(st.binary(max_size=200))
def test_any_bundle_is_survived(noise: bytes) -> None:
    signed_files(noise)
    signed_files(json.dumps({"dsseEnvelope": {"payload": base64.b64encode(noise).decode()}}).encode())


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({}, ("modeling_x.py",)),
        ({"config": {"model_type": "x"}}, ()),
        ({"config": {"auto_map": {"AutoModel": "modeling_x.X"}}}, ("helper.py", "modeling_x.py")),
        ({"tags": ["custom_code"]}, ("helper.py", "modeling_x.py")),
    ],
)
def test_code_is_not_denied_where_no_configuration_was_seen(answer, code):
    files = [{"rfilename": name} for name in ("helper.py", "modeling_x.py", "model.safetensors")]
    record = from_hub({"id": "a/b", "siblings": files, **answer}, "a/b", seen=None, endpoint="https://hub.test")
    assert record is not None
    fact = weights_of(record, None)
    assert isinstance(fact, Known)
    assert fact.value.remote_code == code
