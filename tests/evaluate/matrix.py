"""Every rule with components that are known good, known bad, unseen, disputed and absent."""

from dataclasses import replace

import pytest

from aicheck.core.component import Card, Relation, Revision
from aicheck.core.evidence import Gap, GapReason
from aicheck.core.finding import Verdict
from aicheck.core.target import HubModel
from tests import builders as b

CN = b.org("Alibaba Cloud (Qwen)", "CN", namespace="Qwen", lists=("1260H",))
US = b.org("Meta", "US", namespace="meta-llama")
MAKER = b.org("Another maker", "FR")
NC = b.licence("CC-BY-NC-4.0", category="non-commercial", commercial_use="no")
QWEN = b.ancestor("Qwen/Qwen2.5-7B", developer=CN)
COMMIT = b.COMMIT
FILE = b.weights().files[0]
EVIL = b.library("pkg:pypi/evil@1.0")


def at(target_id, **attributes):
    target = HubModel(target_id)
    return b.at(b.model(target_id), b.reference(target, **attributes))


def hosting(**fields):
    return b.hosted(hosting=b.host_facts("acme", **fields))


def step(**fields):
    return b.model(lineage=b.lineage(replace(QWEN, **fields)))


P, F, I = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE  # noqa: E741

# (rule, options, {case: (component, verdict at on_unknown: inconclusive)})
ORIGIN = {"deny_countries": ["CN"], "scope": ["any-ancestor"]}
MATRIX = {
    ("origin-allowed", "developer"): (
        {"deny_countries": ["CN"]},
        {
            "good": (b.model(developer=US), P),
            "bad": (b.model(developer=CN), F),
            "bad parent": (b.model(developer=b.org("Sea", "SG", parent="Ali", parent_country="CN")), F),
            "unknown country": (b.model(developer=b.org("X", None)), I),
            "unknown parent country": (b.model(developer=b.org("X", "SG", parent="Y")), I),
            "unseen": (b.model(developer=b.not_seen()), I),
            "disputed": (b.model(developer=b.disputed(US, CN)), I),
            "disputed, all bad": (b.model(developer=b.disputed(CN, b.org("DeepSeek", "CN"))), F),
            "disputed, all good": (b.model(developer=b.disputed(US, b.org("Google", "US"))), P),
            "absent": (b.model(developer=b.absent()), I),
            "ancestor is not asked for": (b.model(lineage=b.lineage(QWEN)), P),
            "dynamic": (b.unresolvable(), I),
            "library": (b.library(developer=CN), P),
            "endpoint": (b.endpoint(developer=CN), P),
        },
    ),
    ("origin-allowed", "any-ancestor"): (
        ORIGIN,
        {
            "good": (b.model(lineage=b.lineage(b.ancestor("meta-llama/Llama-3.1-8B"))), P),
            "bad": (b.model(lineage=b.lineage(QWEN)), F),
            "bad, rest unknown": (b.model(lineage=b.lineage(QWEN, complete=False)), F),
            "bad far away": (
                b.model(lineage=b.lineage(b.ancestor("x/y", root=False), replace(QWEN, depth=2, child="x/y"))),
                F,
            ),
            "bad part": (step(relation=Relation.COMPONENT), F),
            "inferred surely": (step(declared=False, confidence=0.9), F),
            "inferred weakly": (step(declared=False, confidence=0.3), I),
            "declared, by a doubtful reading": (step(declared=True, confidence=0.3), F),
            "ancestor unseen": (step(developer=b.not_seen()), I),
            "ancestor disputed": (step(developer=b.disputed(US, CN)), I),
            "incomplete": (b.model(lineage=b.lineage(complete=False)), I),
            "complete disputed": (b.model(lineage=b.lineage(complete=b.disputed(True, False))), I),
            "complete absent": (b.model(lineage=b.lineage(complete=b.absent())), I),
            "teacher only": (b.model(lineage=b.lineage(data=[b.teacher("deepseek-ai/R1", CN)])), P),
        },
    ),
    ("origin-allowed", "teacher"): (
        {"deny_countries": ["CN"], "scope": ["any-ancestor-or-teacher"]},
        {
            "good": (b.model(), P),
            "bad teacher": (b.model(lineage=b.lineage(data=[b.teacher("deepseek-ai/R1", CN)])), F),
            "unknown teacher": (b.model(lineage=b.lineage(data=[b.teacher("x/y", b.not_seen())])), I),
            "bad ancestor": (b.model(lineage=b.lineage(QWEN)), F),
        },
    ),
    ("origin-allowed", "component"): (
        {"deny_countries": ["CN"], "scope": ["component"]},
        {
            "bad part": (step(relation=Relation.COMPONENT), F),
            "fine-tune is no part": (b.model(lineage=b.lineage(QWEN)), P),
            "ancestor of a part": (
                b.model(
                    lineage=b.lineage(
                        b.ancestor("vision/enc", Relation.COMPONENT, root=False),
                        replace(QWEN, depth=2, child="vision/enc"),
                    )
                ),
                F,
            ),
        },
    ),
    ("origin-allowed", "publisher"): (
        {"deny_countries": ["CN"], "scope": ["publisher"]},
        {
            "good": (b.model(publisher=US, developer=CN), P),
            "bad": (b.model(publisher=CN), F),
            "unseen": (b.model(publisher=b.not_seen()), I),
            "absent": (b.model(publisher=b.absent()), P),
        },
    ),
    ("origin-allowed", "allow"): (
        {"allow_countries": ["US", "EU"]},
        {
            "good": (b.model(developer=US), P),
            "member state": (b.model(developer=b.org("Mistral AI", "FR")), P),
            "bad": (b.model(developer=CN), F),
            "foreign parent": (b.model(developer=b.org("Sea", "US", parent="Ali", parent_country="CN")), F),
            "unknown": (b.model(developer=b.org("X", None)), I),
        },
    ),
    ("origin-allowed", "entities"): (
        {"deny_entities": ["DeepSeek", "High-Flyer"]},
        {
            "good": (b.model(developer=US), P),
            "by name": (b.model(developer=b.org("DeepSeek", "CN")), F),
            "by namespace": (b.model(developer=b.org("Hangzhou lab", "CN", namespace="deepseek-ai")), F),
            "by parent": (b.model(developer=b.org("Lab", "CN", parent="High Flyer Capital")), F),
            "part of a word": (b.model(developer=b.org("Deepseekers United", "US")), P),
            "unseen": (b.model(developer=b.not_seen()), I),
        },
    ),
    ("origin-allowed", "lists"): (
        {"deny_lists": ["1260h"]},
        {
            "good": (b.model(developer=b.org("Moonshot", "CN")), P),
            "bad": (b.model(developer=CN), F),
            "unseen": (b.model(developer=b.not_seen()), I),
        },
    ),
    ("origin-allowed", "hosted"): (
        {"deny_countries": ["CN"], "hosting": "hosted"},
        {
            "own weights": (b.model(developer=CN), P),
            "localhost": (b.hosted(developer=CN, hosting=b.host_facts("x", local=True)), P),
            "a service": (b.hosted(developer=CN), F),
            "host unknown": (b.hosted(developer=CN, hosting=b.not_seen()), I),
        },
    ),
    ("origin-allowed", "trusted closed"): (
        {**ORIGIN, "trusted_closed_developers": ["OpenAI"]},
        {
            "trusted": (b.hosted(developer=b.org("OpenAI"), lineage=b.lineage(complete=False)), P),
            "other": (b.hosted(developer=b.org("Cursor"), lineage=b.lineage(complete=False)), I),
            "open weights": (b.model(developer=b.org("OpenAI"), lineage=b.lineage(complete=False)), I),
            "an ancestor is known": (
                b.hosted(developer=b.org("OpenAI"), lineage=b.lineage(QWEN, complete=False)),
                F,
            ),
            "stands for weights": (
                b.hosted(
                    developer=b.org("OpenAI"), stands_for=b.known("openai/x"), lineage=b.lineage(complete=False)
                ),
                I,
            ),
        },
    ),
    ("provider-allowed", "operator"): (
        {"deny_operator_countries": ["CN"]},
        {
            "good": (hosting(), P),
            "bad": (hosting(operator_country="CN"), F),
            "local": (hosting(operator_country=None, local=True), P),
            "country unknown": (hosting(operator_country=None), I),
            "unseen": (b.hosted(hosting=b.not_seen()), I),
            "disputed": (
                b.hosted(hosting=b.disputed(b.host_facts(), b.host_facts("x", operator_country="CN"))),
                I,
            ),
            "absent": (b.hosted(hosting=b.absent()), P),
            "router": (hosting(router=True), I),
            "own weights": (b.model(), P),
            "endpoint": (b.endpoint(hosting=b.host_facts("x", operator_country="CN")), F),
        },
    ),
    ("provider-allowed", "processing"): (
        {"deny_processing_countries": ["CN"], "deny_contract_countries": ["CN"]},
        {
            "good": (hosting(processing_countries=("US",), contract_country="US"), P),
            "bad processing": (hosting(processing_countries=("US", "CN"), contract_country="US"), F),
            "bad contract": (hosting(processing_countries=("US",), contract_country="CN"), F),
            "not stated": (hosting(contract_country="US"), I),
            "contract not stated": (hosting(processing_countries=("US",)), I),
            "operator is another question": (
                hosting(operator_country="CN", processing_countries=("US",), contract_country="US"),
                P,
            ),
        },
    ),
    ("provider-allowed", "names"): (
        {"deny_hosts": ["*.deepseek.com"], "deny_providers": ["dashscope*"]},
        {
            "good": (hosting(), P),
            "host": (b.endpoint("api.deepseek.com", hosting=b.not_seen()), F),
            "host with port": (b.endpoint("api.deepseek.com:443", hosting=b.not_seen()), F),
            "slug": (b.hosted("dashscope-intl", "qwen", hosting=b.not_seen()), F),
            "unbound": (b.hosted(None, "qwen", hosting=b.not_seen()), I),
        },
    ),
    ("provider-allowed", "allow"): (
        {"allow_providers": ["azure*"], "routers": "deny"},
        {
            "good": (b.hosted("azure-openai", hosting=b.host_facts("azure-openai")), P),
            "bad": (b.hosted("openai"), F),
            "router": (b.hosted("azure-x", hosting=b.host_facts("azure-x", router=True)), F),
        },
    ),
    ("provider-allowed", "self-hosted"): (
        {"self_hosted_only": True},
        {"good": (hosting(local=True), P), "bad": (hosting(), F), "unseen": (b.hosted(hosting=b.not_seen()), I)},
    ),
    ("license-allowed", "categories"): (
        {"deny_categories": ["non-commercial"]},
        {
            "good": (b.model(), P),
            "bad": (b.model(license=NC), F),
            "unseen": (b.model(license=b.not_seen()), I),
            "disputed": (b.model(license=b.disputed(b.licence(), NC)), I),
            "disputed, all bad": (b.model(license=b.disputed(NC, replace(NC, expression="CC-BY-NC-SA-4.0"))), F),
            "absent": (b.model(license=b.absent()), F),
            "class none": (b.model(license=b.licence("NONE", category="none")), F),
            "class unknown": (b.model(license=b.licence("LicenseRef-x")), I),
            "hosted": (b.hosted(license=NC), P),
            "dynamic": (b.unresolvable(), I),
        },
    ),
    ("license-allowed", "allow"): (
        {"allow": ["Apache-2.0", "MIT", "llama*"]},
        {
            "good": (b.model(license=b.licence("MIT")), P),
            "or": (b.model(license=b.licence("GPL-3.0-only OR MIT")), P),
            "and": (b.model(license=b.licence("GPL-3.0-only AND MIT")), F),
            "nested": (b.model(license=b.licence("(GPL-3.0-only OR MIT) AND Apache-2.0")), P),
            "with": (b.model(license=b.licence("Apache-2.0 WITH LLVM-exception")), F),
            "hub name": (b.model(license=b.licence("LicenseRef-scancode-x", hub_id="llama3.1")), P),
            "other is no name": (
                b.model(license=b.licence("LicenseRef-x", hub_id="other", hub_name="llama-x")),
                P,
            ),
            "bad": (b.model(license=b.licence("GPL-3.0-only")), F),
            "unreadable": (b.model(license=b.licence("see (LICENSE")), I),
        },
    ),
    ("license-allowed", "commercial"): (
        {"require_commercial_use": True},
        {
            "good": (b.model(), P),
            "bad": (b.model(license=NC), F),
            "not known": (b.model(license=b.licence("X", category="open-source")), I),
        },
    ),
    ("license-allowed", "ancestors"): (
        {"deny_categories": ["non-commercial"], "scope": "any-ancestor"},
        {
            "good": (b.model(lineage=b.lineage(b.ancestor("x/y"))), P),
            "bad": (b.model(lineage=b.lineage(b.ancestor("x/y", terms=NC))), F),
            "inferred weakly": (
                b.model(lineage=b.lineage(b.ancestor("x/y", terms=NC, declared=False, confidence=0.2))),
                I,
            ),
            "unseen": (b.model(lineage=b.lineage(b.ancestor("x/y", terms=b.not_seen()))), I),
            "incomplete": (b.model(lineage=b.lineage(complete=False)), I),
        },
    ),
    ("license-consistent", ""): (
        {},
        {
            "good": (b.model(lineage=b.lineage(b.ancestor("x/y", developer=MAKER))), P),
            "disputed": (b.model(license=b.disputed(b.licence("MIT"), b.licence())), F),
            "bad": (b.model(lineage=b.lineage(b.ancestor("x/y", developer=MAKER, terms=NC))), F),
            "restricted": (
                b.model(
                    lineage=b.lineage(
                        b.ancestor(
                            "x/y", developer=MAKER, terms=b.licence("L", category="open-weights-restricted")
                        )
                    )
                ),
                F,
            ),
            "share-alike": (
                b.model(
                    lineage=b.lineage(
                        b.ancestor(
                            "x/y",
                            developer=MAKER,
                            terms=b.licence("CC-BY-SA-4.0", category="copyleft", share_alike=True),
                        )
                    )
                ),
                F,
            ),
            "of its own house": (b.model(lineage=b.lineage(b.ancestor("x/y", terms=NC))), P),
            "maker unseen": (
                b.model(lineage=b.lineage(b.ancestor("x/y", developer=b.not_seen(), terms=NC))),
                F,
            ),
            "ancestor unseen": (
                b.model(lineage=b.lineage(b.ancestor("x/y", developer=MAKER, terms=b.not_seen()))),
                I,
            ),
            "ancestor without": (
                b.model(lineage=b.lineage(b.ancestor("x/y", developer=MAKER, terms=b.absent()))),
                F,
            ),
            "unseen": (b.model(license=b.not_seen()), I),
            "absent": (b.model(license=b.absent()), P),
            "incomplete": (b.model(lineage=b.lineage(complete=False)), I),
        },
    ),
    ("license-obligations", ""): (
        {"met": ["MIT"]},
        {
            "good": (b.model(), P),
            "bad": (b.model(license=b.licence("L", attribution="Built with L")), F),
            "naming": (b.model(license=b.licence("L", naming="begins with L")), F),
            "of an ancestor": (
                b.model(lineage=b.lineage(b.ancestor("x/y", terms=b.licence("L", naming="begins with L")))),
                F,
            ),
            "incomplete": (b.model(lineage=b.lineage(complete=False)), I),
            "met": (b.model(license=b.licence("MIT", attribution="keep the notice")), P),
            "unseen": (b.model(license=b.not_seen()), I),
            "disputed": (b.model(license=b.disputed(b.licence(), b.licence("L", naming="x"))), I),
            "absent": (b.model(license=b.absent()), P),
        },
    ),
    ("lineage-known", ""): (
        {},
        {
            "good": (b.model(), P),
            "not stated": (b.model(lineage=b.lineage(complete=False)), F),
            "offline": (b.model(lineage=b.lineage(complete=b.not_seen("x", GapReason.OFFLINE))), I),
            "disputed": (b.model(lineage=b.lineage(complete=b.disputed(True, False))), F),
            "absent": (b.model(lineage=b.lineage(complete=b.absent())), F),
            "hosted": (b.hosted(lineage=b.lineage(complete=False)), P),
        },
    ),
    ("lineage-declared", ""): (
        {},
        {
            "good": (b.model(lineage=b.lineage(QWEN)), P),
            "bad": (step(declared=False, confidence=0.9), F),
            "weak": (step(declared=False, confidence=0.4), I),
            "card unread": (step(declared=False, confidence=0.9, card_seen=False), I),
            "own base": (b.model(developer=CN, lineage=b.lineage(replace(QWEN, declared=False))), P),
            "concealed": (b.model(lineage=b.lineage(concealed=True)), F),
            "offline": (b.model(lineage=b.lineage(complete=b.not_seen("x", GapReason.OFFLINE))), I),
            "not stated": (b.model(lineage=b.lineage(complete=False)), I),
            "disputed": (b.model(lineage=b.lineage(complete=b.disputed(True, False))), I),
        },
    ),
    ("revision-pinned", ""): (
        {},
        {
            "good": (at("a/b", revision=COMMIT), P),
            "none": (at("a/b"), F),
            "main": (at("a/b", revision="main"), F),
            "tag": (at("a/b", revision="v1.0"), F),
            "short": (at("a/b", revision=COMMIT[:12]), F),
            "upper": (at("a/b", revision=COMMIT.upper()), P),
            "dynamic": (at("a/b", revision="args.revision"), I),
            "template": (at("a/b", revision="${REV}"), I),
            "of the target": (b.at(b.model("a/b"), b.reference(HubModel("a/b", COMMIT))), P),
            "shown, pinned": (replace(b.model(), references=()), P),
            "shown, not": (
                replace(b.model(), references=(), revision=Revision(("main",), b.known(COMMIT), False)),
                F,
            ),
            "library": (b.library(), P),
            "hosted": (b.hosted(), P),
        },
    ),
    ("weights-safe", ""): (
        {},
        {
            "good": (b.model(), P),
            "bad": (b.model(weights=b.weights(b.PICKLE)), F),
            "twin": (b.model(weights=b.weights(b.PICKLE, b.SAFETENSORS)), P),
            "malware": (b.model(weights=b.weights(scan_status="unsafe")), F),
            "suspicious": (b.model(weights=b.weights(scan_status="suspicious")), F),
            "no format": (b.model(weights=b.weights(formats=())), I),
            "unseen": (b.model(weights=b.not_seen()), I),
            "disputed": (b.model(weights=b.disputed(b.weights(), b.weights(b.PICKLE))), I),
            "absent": (b.model(weights=b.absent()), P),
            "hosted": (b.hosted(), P),
        },
    ),
    ("weights-verified", ""): (
        {},
        {
            "good": (b.model(), P),
            "local": (b.weights_file(), P),
            "bad": (b.weights_file(weights=b.weights(files=(replace(FILE, status="modified"),))), F),
            "mismatch": (b.model(weights=b.weights(signature="signed-mismatch")), F),
            "no hash": (b.model(weights=b.weights(files=(replace(FILE, sha256=None),))), I),
            "local, not compared": (b.weights_file(weights=b.weights(files=(replace(FILE, status=None),))), I),
            "local, unknown": (b.weights_file(weights=b.weights(files=(replace(FILE, status="unknown"),))), I),
            "no file": (b.model(weights=b.weights(files=())), I),
            "unseen": (b.model(weights=b.not_seen()), I),
            "absent": (b.model(weights=b.absent()), P),
        },
    ),
    ("weights-verified", "signed"): (
        {"signature": "required"},
        {
            "good": (b.model(weights=b.weights(signature="signed-consistent")), P),
            "bad": (b.model(weights=b.weights(signature="absent")), F),
            "not checked": (b.model(weights=b.weights(signature="present-unchecked")), I),
            "not looked": (b.model(weights=b.weights(signature=None)), I),
        },
    ),
    ("remote-code-refused", ""): (
        {},
        {
            "good": (at("a/b"), P),
            "false": (at("a/b", trust_remote_code="False"), P),
            "bad": (at("a/b", trust_remote_code="True"), F),
            "bad, pinned": (at("a/b", trust_remote_code="true", revision=COMMIT), F),
            "dynamic": (at("a/b", trust_remote_code="args.trust"), I),
            "code that nobody asks for": (b.model(weights=b.weights(remote_code=("m.py",), auto_map=True)), P),
        },
    ),
    ("publisher-authentic", ""): (
        {},
        {
            "good": (b.model(), P),
            "one edit": (b.model("meta-llamma/x"), F),
            "swapped": (b.model("mista-ralai/x".replace("mista-ralai", "mistrlaai")), F),
            "glance": (b.model("0penai/x"), F),
            "cyrillic": (b.model("nvidiа/x"), F),
            "another name": (b.model("acme-research/x"), P),
            "re-upload": (b.model("acme/x", weights=b.weights(identical_to=("openai/gpt-oss-20b",))), F),
            "own copy": (b.model("openai/x", weights=b.weights(identical_to=("openai/y",))), P),
            "declared copy": (
                b.model(
                    "acme/x",
                    weights=b.weights(identical_to=("x/y",)),
                    lineage=b.lineage(b.ancestor("x/y", Relation.COPY)),
                ),
                P,
            ),
            "moved": (b.model("old/x", resolved_id="new/x"), F),
            "unseen": (b.model(weights=b.not_seen()), I),
            "absent": (b.model(weights=b.absent()), P),
            "local": (b.weights_file(), P),
        },
    ),
    ("model-allowed", ""): (
        {"models": ["meta-llama/*", "pkg:huggingface/ibm-granite/*", "api:openai/*"]},
        {
            "good": (b.model(), P),
            "purl": (b.model("ibm-granite/g"), P),
            "case": (b.model("IBM-Granite/g"), P),
            "target": (b.hosted(), P),
            "stands for": (b.hosted("groq", "llama", stands_for=b.known("meta-llama/Llama-3.1-8B")), P),
            "bad": (b.model("acme/x"), F),
            "dynamic": (b.unresolvable(), I),
            "endpoint": (b.endpoint(), P),
        },
    ),
    ("model-denied", ""): (
        {"models": ["deepseek-ai/*"]},
        {
            "good": (b.model(), P),
            "bad": (b.model("deepseek-ai/DeepSeek-V3"), F),
            "derived": (b.model(lineage=b.lineage(b.ancestor("deepseek-ai/R1"))), F),
            "declared, doubtful": (b.model(lineage=b.lineage(b.ancestor("deepseek-ai/R1", confidence=0.2))), F),
            "perhaps": (
                b.model(lineage=b.lineage(b.ancestor("deepseek-ai/R1", declared=False, confidence=0.2))),
                I,
            ),
            "incomplete": (b.model(lineage=b.lineage(complete=False)), I),
            "stands for": (b.hosted("groq", "r1", stands_for=b.known("deepseek-ai/R1")), F),
            "stands for, unseen": (b.hosted("groq", "r1", stands_for=b.not_seen()), I),
            "stands for, disputed": (b.hosted("groq", "r1", stands_for=b.disputed("deepseek-ai/R1", "x/y")), I),
            "dynamic": (b.unresolvable(), I),
        },
    ),
    ("model-denied", "family"): (
        {"families": ["qwen*"], "include_derived": False},
        {
            "good": (b.model(card=Card(architecture_family="llama")), P),
            "bad": (b.model(card=Card(architecture_family="qwen2")), F),
            "unseen": (b.model(), I),
        },
    ),
    ("documentation-present", ""): (
        {"require": ["card", "acceptable-use"]},
        {
            "good": (b.model(card=Card(present=True, acceptable_use="https://x")), P),
            "bad": (b.model(card=Card(present=True, text_read=True)), F),
            "front matter alone": (b.model(card=Card(present=True)), I),
            "no card": (b.model(card=Card(present=False)), F),
            "unread": (b.model(card=Card()), I),
            "hosted": (b.hosted(), I),
        },
    ),
    ("model-available", ""): (
        {},
        {
            "good": (b.model(), P),
            "bad": (b.model(availability="deleted"), F),
            "gated is fine": (b.model(availability="gated"), P),
            "unseen": (b.model(availability=None), I),
        },
    ),
    ("dependency-license", ""): (
        {"deny": ["AGPL-*"]},
        {
            "good": (b.library(), P),
            "bad": (b.library(license=b.licence("AGPL-3.0-only", category="copyleft")), F),
            "or": (b.library(license=b.licence("AGPL-3.0-only OR MIT", category="copyleft")), P),
            "unseen": (b.library(license=b.not_seen()), I),
            "disputed": (b.library(license=b.disputed(b.licence(), b.licence("AGPL-3.0-only"))), I),
            "absent": (b.library(license=b.absent()), F),
            "model": (b.model(license=b.licence("AGPL-3.0-only")), P),
        },
    ),
    ("dependency-denied", ""): (
        {"packages": ["pkg:pypi/evil", "pkg:npm/%40x/y@1.2.*"], "scopes": ["runtime"]},
        {
            "good": (b.library(), P),
            "bad": (b.library("pkg:pypi/evil@1.0"), F),
            "bad without version": (b.library("pkg:pypi/evil"), F),
            "version": (b.library("pkg:npm/%40x/y@1.2.3"), F),
            "other version": (b.library("pkg:npm/%40x/y@1.3.0"), P),
            "not locked": (b.library("pkg:npm/%40x/y", version=None), I),
            "only for developers": (b.at(EVIL, b.reference(EVIL.target, scope="dev")), P),
        },
    ),
    ("tool-server-allowed", ""): (
        {"allow": ["pkg:npm/%40modelcontextprotocol/*"], "require_pinned": True},
        {
            "good": (b.tool_server(), P),
            "bad": (b.tool_server("x", "pkg:npm/evil@1.0.0"), F),
            "a name proves nothing": (b.tool_server("pkg:npm/%40modelcontextprotocol/x", "pkg:npm/evil@1.0.0"), F),
            "not pinned": (b.tool_server("x", "pkg:npm/%40modelcontextprotocol/server"), F),
            "latest": (b.tool_server("x", "pkg:npm/%40modelcontextprotocol/server@latest"), F),
            "no location": (b.tool_server("x", ""), I),
        },
    ),
    ("tool-server-allowed", "remote"): (
        {"deny_remote": True},
        {
            "package": (b.tool_server(), P),
            "remote": (b.tool_server("x", "https://mcp.example.org/sse"), F),
            "localhost": (b.tool_server("x", "http://localhost:3000/sse"), P),
            "no location": (b.tool_server("x", ""), I),
        },
    ),
    ("reference-resolvable", ""): (
        {},
        {
            "good": (b.model(), P),
            "dynamic": (b.unresolvable(), I),
            "not found": (
                b.model("a/b", gaps=(Gap("hf:a/b", GapReason.NOT_FOUND),), answered_by=None),
                F,
            ),
            "offline": (b.model("a/b", gaps=(Gap("hf:a/b", GapReason.OFFLINE),), answered_by=None), I),
            "unbound": (b.hosted(None, "x"), I),
        },
    ),
    ("data-age", ""): (
        {"max_days": 30},
        {
            "good": (b.model(), P),
            "bad": (b.model(as_of="2026-01-01"), F),
            "exactly": (b.model(as_of="2026-10-24"), P),
            "a day more": (b.model(as_of="2026-10-23"), F),
            "unseen": (b.model(as_of=None), I),
        },
    ),
}
CASES = [
    pytest.param(rule, options, part, verdict, id=f"{rule} {variant}: {case}")
    for (rule, variant), (options, cases) in MATRIX.items()
    for case, (part, verdict) in cases.items()
]
ON_UNKNOWN = {"fail": F, "inconclusive": I, "warn": P, "ignore": P}
