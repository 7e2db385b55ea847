"""Constants of SDKs and whose API a model goes to, in languages with braces and in the settings of frameworks."""

from __future__ import annotations

import pytest

from aicheck.core.target import HostedModel
from aicheck.discover.bindings import provider_in
from aicheck.discover.constants import read_constant
from aicheck.discover.engine import Examiner
from aicheck.discover.registry import load_detectors
from aicheck.discover.settings import DiscoverSettings
from aicheck.discover.source import SourceFile

EXAMINER = Examiner(load_detectors(), DiscoverSettings())
SLOW = Examiner(load_detectors(), DiscoverSettings(prefilter=False))


def targets(path: str, content: str) -> set[str]:
    found = {
        str(reference.target)
        for reference in EXAMINER.examine(SourceFile(path, content.encode())).references
        if not str(reference.target).startswith("pkg:")
    }
    again = SLOW.examine(SourceFile(path, content.encode())).references
    assert {str(reference.target) for reference in again if not str(reference.target).startswith("pkg:")} == found
    return found


SEEN = [
    # constants
    (
        "A.java",
        "import static dev.langchain4j.model.openai.OpenAiChatModelName.GPT_4_O_MINI;\nclass A { ChatModel m = OpenAiChatModel.builder().apiKey(KEY).modelName(GPT_4_O_MINI).build(); }",
        {"api:openai/gpt-4o-mini"},
    ),
    (
        "B.java",
        "import static dev.langchain4j.model.mistralai.MistralAiChatModelName.*;\nclass B { Object m = f().modelName(MISTRAL_SMALL_LATEST); }",
        {"api:mistral/mistral-small-latest"},
    ),
    (
        "C.java",
        "class C { var m = new AllMiniLmL6V2EmbeddingModel(); }",
        {"hf:sentence-transformers/all-MiniLM-L6-v2"},
    ),
    ("D.java", "class D { var o = x.model(OpenAiApi.ChatModel.GPT_4_O.getValue()); }", {"api:openai/gpt-4o"}),
    ("E.java", "class E { var o = OllamaOptions.builder().model(OllamaModel.LLAMA3_2); }", {"ollama:llama3.2"}),
    (
        "a.go",
        'import openai "github.com/sashabaranov/go-openai"\nfunc f() { r := openai.ChatCompletionRequest{Model: openai.GPT4oMini} }',
        {"api:openai/gpt-4o-mini"},
    ),
    (
        "b.go",
        'import "github.com/anthropics/anthropic-sdk-go"\nfunc f() { p := P{Model: anthropic.ModelClaude3_7SonnetLatest} }',
        {"api:anthropic/claude-3-7-sonnet-latest"},
    ),
    (
        "a.rs",
        "use rig::providers::openai;\nfn f() { let a = client.agent(openai::GPT_4O); }",
        {"api:openai/gpt-4o"},
    ),
    ("a.swift", "let c = LLMRegistry.qwen3_8b_4bit", {"hf:mlx-community/Qwen3-8B-4bit"}),
    ("b.swift", "import OpenAI\nlet q = ChatQuery(messages: m, model: .gpt4_o)", {"api:openai/gpt-4o"}),
    ("a.kt", "val e = Agent(llmModel = OpenAIModels.Chat.GPT4o)", {"api:openai/gpt-4o"}),
    # binding
    (
        "c.go",
        'import openai "github.com/sashabaranov/go-openai"\nfunc f() {\n c := openai.DefaultConfig(k)\n c.BaseURL = "https://api.deepseek.com/v1"\n r := openai.ChatCompletionRequest{Model: "deepseek-chat"}\n}',
        {"api:deepseek/deepseek-chat", "endpoint:api.deepseek.com"},
    ),
    (
        "b.rs",
        'use async_openai::Client;\nfn f() { let r = CreateChatCompletionRequestArgs::default().model("gpt-4o").build(); }',
        {"api:openai/gpt-4o"},
    ),
    (
        "c.rs",
        'fn f() { let c = OpenAIConfig::new().with_api_base("http://localhost:11434/v1"); let r = R::default().model("llama3.2"); }',
        {"ollama:llama3.2"},
    ),
    (
        "F.java",
        'class F { M a() { return OpenAiChatModel.builder().baseUrl("https://api.cerebras.ai/v1").modelName("llama-4-scout-17b-16e-instruct").build(); }\n M b() { return OpenAiChatModel.builder().modelName("gpt-4o").build(); } }',
        {"api:cerebras/llama-4-scout-17b-16e-instruct", "endpoint:api.cerebras.ai", "api:openai/gpt-4o"},
    ),
    (
        "G.java",
        'class G { ChatModel mistralAiModel = JlamaChatModel.builder().modelName("tjake/Mistral-7B-Instruct-v0.3-JQ4").build(); }',
        {"hf:tjake/Mistral-7B-Instruct-v0.3-JQ4"},
    ),
    (
        "H.java",
        'class H { M m = WatsonxChatModel.builder().url(URL).modelName("ibm/granite-4-h-small").build(); }',
        {"api:watsonx/ibm/granite-4-h-small"},
    ),
    ("a.cs", 'builder.AddAzureOpenAIChatCompletion("gpt-4o", endpoint, key);', {"api:azure/gpt-4o"}),
    ("b.cs", 'var c = new OpenAIClient(key).GetChatClient("gpt-4o-mini");', {"api:openai/gpt-4o-mini"}),
    (
        "application.properties",
        "langchain4j.open-ai.chat-model.model-name=gpt-4o-mini\nlangchain4j.google-ai-gemini.chat-model.model-name=gemini-2.0-flash\n",
        {"api:openai/gpt-4o-mini", "api:google/gemini-2.0-flash"},
    ),
    (
        "application.yml",
        "spring:\n  ai:\n    openai:\n      chat:\n        options:\n          model: gpt-4o-mini\n",
        {"api:openai/gpt-4o-mini"},
    ),
    # other formats
    ("m.bicep", "param embeddingModelName string = 'text-embedding-ada-002'\n", {"api:?/text-embedding-ada-002"}),
    (
        "t.csproj",
        "<Project><SourceUrl>https://huggingface.co/ggml-org/gemma-3-4b-it-GGUF/resolve/main/gemma-3-4b-it-Q4_K_M.gguf</SourceUrl></Project>",
        {"hf:ggml-org/gemma-3-4b-it-GGUF"},
    ),
    (
        "s.xcscheme",
        '<A argument = "--model mlx-community/Qwen3-1.7B-4bit --prompt x"/>',
        {"hf:mlx-community/Qwen3-1.7B-4bit"},
    ),
    (
        "appsettings.json",
        '{"ModelPath": "..\\\\Models\\\\llama-2-7b-chat.Q4_0.gguf"}',
        {"file:Models/llama-2-7b-chat.Q4_0.gguf"},
    ),
    (".env", "OLLAMA_BASE_URL=http://ollama:11434\nLLM=llama2\n", {"ollama:llama2"}),
    (
        "docker-compose.yml",
        "services:\n  a:\n    environment:\n      - OLLAMA_HOST=x\n      - LLM=${LLM-llama2}\n",
        {"ollama:llama2"},
    ),
    (
        "compose.yml",
        "services:\n  a:\n    environment:\n      - OPENAI_API_BASE=${OPENAI_API_BASE:-https://api.deepseek.com/v1}\n      - MODEL_NAME=${MODEL_NAME:-deepseek-chat}\n",
        {"endpoint:api.deepseek.com", "api:deepseek/deepseek-chat"},
    ),
    (
        "k.yaml",
        "spec:\n  containers:\n  - env:\n    - name: LLM_BASE_URL\n      value: https://openrouter.ai/api/v1\n    - name: LLM_MODEL\n      value: deepseek/deepseek-r1\n",
        {"endpoint:openrouter.ai", "api:openrouter/deepseek/deepseek-r1"},
    ),
    (
        "compose.yaml",
        "models:\n  q:\n    model: unsloth/qwen3-gguf:4B-UD-Q4_K_XL\n  h:\n    model: hf.co/bartowski/Llama-3.2-1B-Instruct-GGUF\n",
        {"docker:unsloth/qwen3-gguf:4B-UD-Q4_K_XL", "hf:bartowski/Llama-3.2-1B-Instruct-GGUF"},
    ),
    (
        "application.yaml",
        "spring:\n  ai:\n    openai:\n      chat:\n        model: ${OPENAI_MODEL:gpt-4o-mini}\n",
        {"api:openai/gpt-4o-mini"},
    ),
    (
        "main.tf",
        'x = "arn:aws:bedrock:${local.region}:${local.account}:inference-profile/us.anthropic.claude-3-7-sonnet-20250219-v1:0"\n',
        {"api:bedrock/us.anthropic.claude-3-7-sonnet-20250219-v1:0"},
    ),
    (
        "n.bicep",
        "param tags string = ''\n@allowed([ 'gpt-4', 'gpt-4o-mini'])\nparam m string\n",
        {"api:?/gpt-4", "api:?/gpt-4o-mini"},
    ),
    (
        "var.tf",
        'foundation_model = "anthropic.claude-3-5-sonnet-20241022-v2:0"\n',
        {"api:bedrock/anthropic.claude-3-5-sonnet-20241022-v2:0"},
    ),
    (
        "x.html",
        "<script>const u=`https://storage.googleapis.com/mediapipe-models/a/face_landmarker.task`;</script>",
        {"mediapipe:mediapipe-models/a/face_landmarker.task"},
    ),
    (
        "list.go",
        'var ModelList = []string{"qwen-max", "qwen-plus", "qwen-turbo", "qwen2.5-72b-instruct", "qwen-audio-chat"}',
        {
            "api:?/qwen-max",
            "api:?/qwen-plus",
            "api:?/qwen-turbo",
            "api:?/qwen2.5-72b-instruct",
            "api:?/qwen-audio-chat",
        },
    ),
    (".env", "LLM=llama2\n", {"api:?/llama2"}),
    (
        "c.cs",
        'using OllamaSharp;\nvar c = new OllamaApiClient(new Uri("http://localhost:11434/"), "llama3.2-vision");',
        {"ollama:llama3.2-vision"},
    ),
    (
        "d.cs",
        'using Azure.AI.OpenAI;\nvar d = config["AzureOpenAI:Deployment"] ?? "gpt-5-mini";',
        {"api:azure/gpt-5-mini"},
    ),
    ("e.cs", 'var m = Environment.GetEnvironmentVariable("OLLAMA_MODEL") ?? "phi4-mini";', {"ollama:phi4-mini"}),
    (
        "config.pbtxt",
        'parameters {\n  key: "model"\n  value: { string_value: "meta-llama/Llama-2-7b-chat-hf" }\n}',
        {"hf:meta-llama/Llama-2-7b-chat-hf"},
    ),
    (
        "nim.yaml",
        "kind: NIMCache\nspec:\n  source:\n    ngc:\n      modelPuller: nvcr.io/nim/meta/llama-3.1-8b-instruct:1.3.3\n",
        {"ngc:meta/llama-3.1-8b-instruct:1.3.3"},
    ),
    (
        "models.yaml",
        "- provider: qianwen\n  models:\n    - name: qwen3-vl-flash\n",
        {"api:dashscope/qwen3-vl-flash"},
    ),
    ("m.swift", 'static let defaultModelRepo = "argmaxinc/ttskit-coreml"', {"hf:argmaxinc/ttskit-coreml"}),
    (
        "k.rs",
        "fn f() { let m = b.with_source(LlamaSource::qwen_2_5_0_5b_instruct()); }",
        {"hf:Qwen/Qwen2.5-0.5B-Instruct-GGUF"},
    ),
    ("w.rs", "fn f() { let m = Model::builder()\n.with_gpt_4o_mini()\n.build(); }", {"api:?/gpt-4o-mini"}),
    ("x.sh", 'MODEL="${DEMO_MODEL:-unsloth/Qwen3.6-35B-A3B-GGUF:Q4_K_XL}"\n', {"hf:unsloth/Qwen3.6-35B-A3B-GGUF"}),
    (
        "az.tf",
        'resource "azurerm_resource_group" "x" {}\nmodule "openai" {\n  d = {\n    a = { model_name = "gpt-4o"\n }\n  }\n}\n',
        {"api:azure/gpt-4o"},
    ),
    (
        "compose.w.yml",
        "services:\n  t:\n    image: semitechnologies/transformers-inference:sentence-transformers-all-MiniLM-L6-v2\n",
        {"hf:sentence-transformers/all-MiniLM-L6-v2"},
    ),
    (
        "raw.rs",
        'fn f() { let s = r#"{\n  "model": "gpt-3.5-turbo"\n}"#; let t = "data: {\\"id\\":1, \\"model\\":\\"gpt-4o-2024-08-06\\"}"; }',
        {"api:?/gpt-3.5-turbo", "api:?/gpt-4o-2024-08-06"},
    ),
    (
        "doc.go",
        'const y = `\nmodel: "anthropic/claude-sonnet-4-5-20250929"\nprompt: hi\n`\n',
        {"api:?/anthropic/claude-sonnet-4-5-20250929"},
    ),
    ("doc.ts", 'const body = `{\n "model": "gpt-4o",\n "a": 1 }`;', {"api:?/gpt-4o"}),
    (
        "main.parameters.json",
        '{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#","parameters":{"openAiModelName":{"value":"gpt-4o-mini"}}}',
        {"api:azure/gpt-4o-mini"},
    ),
    (
        "Properties.java",
        'class A { String[] p = {"langchain4j.anthropic.chat-model.model-name=claude-haiku-4-5-20251001", "langchain4j.ollama.chat-model.model-name=llama3.2", "a.b.timeout=10s"}; }',
        {"api:anthropic/claude-haiku-4-5-20251001", "ollama:llama3.2"},
    ),
    # Not every `x` that stands before `ai` is xAI.
    ("route.yaml", "spec:\n  headers:\n  - name: x-ai-eg-model\n    value: gpt-4o-mini\n", {"api:?/gpt-4o-mini"}),
]


@pytest.mark.parametrize(("path", "content", "expected"), SEEN, ids=[path for path, _, _ in SEEN])
def test_seen(path: str, content: str, expected: set[str]) -> None:
    assert targets(path, content) == expected


DECOYS = [
    # The file defines the name: its value is seen where it stands, the constant is no second one.
    ("a.java", 'class A { static final String GPT_4_O_MINI = "x"; Object m = b().modelName(GPT_4_O_MINI); }'),
    ("import.java", "import static dev.langchain4j.model.openai.OpenAiChatModelName.GPT_4_O_MINI;"),
    ("b.go", "if m == openai.GPT4oMini { return true }"),
    ("c.rs", "match model { Model::Gpt4oMini => 1, _ => 2 }"),
    ("d.kt", "val flags = Flags.GPT_HEADER"),
    ("e.go", "status := http.StatusOK; model := view.ModelName"),
    ("f.java", 'class F { String NAME = "ChatGPT-Next-Web"; }'),
    ("g.go", 'enc, _ := tiktoken.GetEncoding("cl100k_base")'),
    ("t.csproj", '<Project><PackageReference Include="Microsoft.ML.OnnxRuntime" Version="1.20.0"/></Project>'),
    # Two known models do not make a list, and a colour among three is none.
    ("pair.go", 'var x = []string{"light-blue", "qwen-audio-chat"}'),
    ("a.ps1", 'Write-Host "Using GPT-4 Vision"\n'),
    ("tune.yaml", "spec:\n  args:\n    - qwen2_5/1.5B_full\n    - tokenizer.path=/workspace/tokenizer.model\n"),
    ("demo.json", '{"model": "[DEMO].gguf"}'),
    ("attribute.rs", 'pub const MODEL_NAME: &str = "llm.model";'),
    ("help.go", "const help = `Options:\n  - model: the name of the model\n`"),
    ("replace.ts", 'const short = name.replace("gemini-3-flash-preview-", "");'),
    ("other.cs", 'var c = new HttpClient(new Uri("http://localhost:11434/"), "mistral");'),
    ("P.kt", 'const val A = "https://huggingface.co/oauth/authorize"'),
    ("models.yaml", "models:\n  q:\n    path: some/thing:1.0\n"),
    (
        "constant.ts",
        'export const REPO = "ChatGPT-Next-Web";\nconst u = "https://api.cloudflare.com/client/v4/accounts/";',
    ),
]


@pytest.mark.parametrize(("path", "content"), DECOYS, ids=[path for path, _ in DECOYS])
def test_decoys(path: str, content: str) -> None:
    assert targets(path, content) == set()


def test_a_base_url_that_the_file_does_not_say_leaves_the_model_unbound() -> None:
    code = 'import openai "github.com/sashabaranov/go-openai"\nfunc f() { c.BaseURL = os.Getenv("URL"); r := openai.ChatCompletionRequest{Model: "gpt-4o"} }'
    (reference,) = EXAMINER.examine(SourceFile("a.go", code.encode())).references
    assert isinstance(reference.target, HostedModel)
    assert reference.target.provider is None


def test_the_address_of_a_picture_is_no_base_url() -> None:
    code = 'fn f() { let url = "https://res.oss-cn-beijing.aliyuncs.com/a/demo.jpeg"; self.with_model("claude-3-5-sonnet-20241022") }'
    assert targets("a.rs", code) == {"api:?/claude-3-5-sonnet-20241022"}


def test_each_model_of_an_environment_file_has_its_own_base_url() -> None:
    text = "OPENAI_API_BASE=https://api.openai.com/v1\nOPENAI_MODEL=gpt-4\nDEEPSEEK_API_BASE=https://api.deepseek.com/v1\nDEEPSEEK_MODEL=deepseek-chat\n"
    found = EXAMINER.examine(SourceFile(".env", text.encode())).references
    assert {str(r.target): r.attribute("base_url") for r in found if isinstance(r.target, HostedModel)} == {
        "api:openai/gpt-4": "https://api.openai.com/v1",
        "api:deepseek/deepseek-chat": "https://api.deepseek.com/v1",
    }


def test_two_base_urls_bind_by_the_function_they_stand_in() -> None:
    code = (
        'func a() { c.BaseURL = "https://api.deepseek.com"; m := R{Model: "deepseek-chat"} }\n'
        'func b() { c.BaseURL = "https://openrouter.ai/api/v1"; m := R{Model: "deepseek/deepseek-r1"} }\n'
    )
    assert targets("a.go", code) >= {"api:deepseek/deepseek-chat", "api:openrouter/deepseek/deepseek-r1"}


def test_a_type_of_one_house_does_not_make_others_models_its_own() -> None:
    code = 'r := openai.EmbeddingResponse{Model: "gemini-embedding-001"}'
    assert targets("a.go", code) == {"api:?/gemini-embedding-001"}


@pytest.mark.parametrize(
    ("label", "provider"),
    [
        ("AzureOpenAiChatModel", "azure"),
        ("software.amazon.awssdk.services.bedrockruntime", "bedrock"),
        ("github.com/sashabaranov/go-openai", "openai"),
        ("GoogleAiGeminiChatModel", "google"),
        ("MaxAiTokens", None),
        ("JlamaChatModel", None),
    ],
)
def test_providers_are_read_by_whole_words(label: str, provider: str | None) -> None:
    assert provider_in(label) == provider


def test_a_constant_without_type_or_import_needs_its_place() -> None:
    alone = read_constant("GPT_4_O_MINI")
    assert alone is not None
    assert not alone.known
    assert read_constant("MODEL_NAME") is None
    assert read_constant("ChatModel.GPT_4O") is not None
