"""How names of models look: families, namespaces, hosted names, short aliases, words that decide nothing.

Small on purpose and free of parsing: every process that scans imports it, so it is plain sets that come out of
the compiled module in microseconds. What is known *about* a namespace, host or hosted model stands in the other
knowledge modules. Basis: `knowledge` (public naming of model families and the libraries' own documentation).
"""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    "AMBIGUOUS_NAMESPACES",
    "ARCHIVE_WORDS",
    "DATASET_ROOTS",
    "FAMILY_STEMS",
    "NAMESPACES",
    "NEMO_MODEL",
    "NOT_OWNERS",
    "OLLAMA_NAMES",
    "ROOT_MODELS",
    "SENTENCE_TRANSFORMERS",
    "TORCHAUDIO_BUNDLES",
    "VARIANT_WORDS",
    "WEAK_STEMS",
    "WEIGHT_SUFFIXES",
    "WEIGHT_SUFFIXES_WEAK",
    "WHISPER_SIZES",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FAMILY_STEMS: Final = _words("""
qwen qwq qvq llama codellama tinyllama deepseek kimi moonlight moonshot glm chatglm cogvlm cogagent codegeex
minimax baichuan internlm internvl internvideo ernie hunyuan mistral mixtral ministral codestral pixtral
magistral devstral voxtral gemma gemini paligemma codegemma medgemma recurrentgemma shieldgemma colgemma
colpali colqwen flan bert roberta distilbert distilroberta deberta mdeberta albert electra xlm xlnet
modernbert camembert flaubert biobert scibert finbert clinicalbert pubmedbert biomedbert codebert
graphcodebert unixcoder codet longformer bigbird bloom bloomz falcon mpt pythia dolly stablelm starcoder
starchat santacoder codegen codetrans wizardlm wizardcoder vicuna alpaca guanaco zephyr openchat openhermes
hermes dolphin mythomax solar dbrx jamba mamba rwkv zamba olmo olmoe tulu molmo granite nemotron minitron
exaone xgen persimmon fuyu kosmos idefics smolvlm smollm llava bakllava moondream minicpm openelm phi orca aya
command redpajama openllama opt gpt neox gptj whisper distil wav2vec2 wav2vec hubert wavlm unispeech seamless
seamlessm speecht5 xtts parler kokoro vits musicgen audiogen encodec magnet jasco audioseal
bark conformer fastconformer parakeet canary
sensevoice paraformer funasr silero speechbrain titanet clip siglip blip blip2 instructblip vit deit beit swin
swinv2 convnext resnet mobilenet efficientnet dinov2 dinov3 dino segformer mask2former maskformer detr
deformable yolos yolo yolov yolov5 yolov8 owlvit owlv2 florence depth midas zoedepth layoutlm layoutlmv2 layoutlmv3
donut trocr nougat pix2struct deplot groundingdino sam sam2 diffusion sdxl flux controlnet kandinsky pixart
wuerstchen cogvideo cogvideox animatediff taesd lcm ltx mochi hunyuanvideo wan2 zeroscope instaflow
dreamshaper deepfloyd bge gte e5 mxbai nomic minilm mpnet jina stella arctic instructor splade colbert
reranker rerank embed embedding embeddings multilingual sbert labse gtr bart mbart pegasus m2m100 nllb opus
marian prophetnet t5 mt5 byt5 ul2 led esm esm2 esmfold protbert prot timesfm chronos moirai patchtst
timesformer videomae xclip vivit mms nvclip nemoguard nemoretriever llamaguard cosmos qwen2 qwen3 llama2
llama3 gemma2 gemma3 phi3 phi4 yi aria ovis step skywork telechat xverse orion bielik eurollm salamandra
teuken apertus sarvam airavata jais acegpt grok sonar claude nova titan palm bison gecko lyria imagen veo
prometheus skyreels rwkv6 phimoe lfm lfm2 ling ring seed doubao marco bitnet tinybert mobilebert squeezebert
funnel reformer luke mluke ernie4 sea seallm sailor ultravox koala oasst longchat xwin aquila openbuddy
airoboros samantha platypus stripedhyena meditron biomistral biogpt galactica megatron vigogne medalpaca fastchat
llemma llm vlm mllm slm
""")
"""Words that name a family of models; together with a size, version or variant they have the shape of a model."""

WEAK_STEMS: Final = _words("""
opt gpt phi sam magnet ring ling step seed sea nova titan command embed embedding embeddings multilingual depth
distil instructor arctic falcon solar orion aria canary bark conformer led esm prot dino led funnel luke palm
gecko jina orca hermes dolphin mamba donut nougat lcm mms sonar cosmos neox gpt t5 e5 yi clip vit bart opus
marian reformer diffusion gemini zephyr phi bloom granite hubert flux mochi marco moonshot titanet deformable
rerank samantha koala platypus galactica megatron llm vlm mllm slm
""")
"""Stems that are also ordinary words or too short: they count only with a digit beside them or a known owner."""

VARIANT_WORDS: Final = _words("""
base small medium large xl xxl tiny mini nano micro instruct chat it hf uncased cased turbo preview latest
beta vision vl coder code math reasoning thinking distill distilled awq gptq gguf ggml fp8 fp16 bf16 int4 int8
int3 bnb q4 q5 q8 lora sft dpo rlhf embed embedding reranker multilingual pro flash lite plus max ultra haiku
sonnet opus instructed aligned guard omni audio speech schnell dev inpainting turbo refiner onnx mlx quantized
en de fr es it zh ja ko ru pt v1 v2 v3 v4 finetuned ft pretrained alpha exp
""")

NAMESPACES: Final = _words("""
meta-llama codellama qwen deepseek-ai moonshotai zai-org thudm zhipuai minimaxai baichuan-inc internlm
opengvlab 01-ai tencent tencent-hunyuan baidu paddlepaddle bytedance-seed bytedance-research stepfun-ai
skywork openbmb xiaomimimo inclusionai iflytek tele-ai orionstarai xverse idea-ccnl hfl flagalpha alibaba-nlp
alibaba-pai aidc-ai mistralai google-bert google-t5 openai-community facebookai eleutherai bigscience
bigscience-workshop bigcode stabilityai black-forest-labs runwayml compvis stable-diffusion-v1-5 huggingfaceh4
huggingfacetb huggingfacem4 huggyllama openlm-research tinyllama lmsys wizardlm wizardlmteam nousresearch
teknium open-orca garage-baind thebloke unsloth bartowski mlx-community lmstudio-community ggml-org
quantfactory maziyarpanahi neuralmagic redhatai casperhansen hugging-quants ista-daslab solidrust turboderp
cognitivecomputations mradermacher second-state systran guillaumekln distil-whisper pyannote speechbrain
snakers4 nari-labs hexgrad coqui suno parler-tts sentence-transformers baai intfloat thenlper jinaai nomic-ai
mixedbread-ai snowflake whereisai hkunlp cross-encoder dunzhang novasearch colbert-ir naver vidore prithivida
alibaba-damo maidalun1020 shibing624 ganymedenil moka-ai tiiuae mosaicml databricks salesforce ai21labs
cohereforai coherelabs xai-org upstage lgai-exaone ibm-granite allenai huggingfacefw togethercomputer cerebras
abacusai argilla berkeley-nest openchat nexusflow state-spaces rwkv blinkdl zyphra liquidai arcee-ai kblab
nbailab ai-sweden-models utter-project bsc-lt speakleash swiss-ai sarvamai ai4bharat helsinki-nlp dbmdz
deepset dslim prosusai cardiffnlp nlptown j-hartmann samlowe distilbert albert xlnet yitutech squeezebert
lxyuan moritzlaurer vectara patronus-ai meta-math laion laion-ai timm openmmlab nateraw llava-hf liuhaotian
lmms-lab vikhyatk openvla physical-intelligence xenova onnx-community hf-internal-testing trl-internal-testing
peft-internal-testing hf-tiny-model-private optimum-intel-internal-testing sshleifer patrickvonplaten lysandre
ydshieh echarlaix fxmarty prajjwal1 hf-audio facebook google microsoft nvidia openai apple amazon intel adobe
ibm lightricks wan-ai kwai-kolors pixart-alpha latent-consistency bytedance madebyollin h94 lllyasviel
diffusers ostris kandinsky-community warp-ai playgroundai segmind sg161222 lykon dreamlike-art prompthero
nitrosocke hakurei cagliostrolab gradientai h2oai lightblue elyza rinna cyberagent stockmark llm-jp pfnet
tokyotech-llm sakanaai beomi nanbeige aisingapore seallms sail scb10x vinai uer ckiplab yentinglin
mediatek-research facebookresearch-hf idea-research shilongliu ultralytics keras-io microsoft-research
salesforce-research writer phind defog codeparrot replit abacaj ehartford jondurbin migtissera contextualai
locutusque mlabonne vagosolutions failspy huihui-ai davidau nvidia-nemo nvidia-community internlm2 qwen2
deepseek_ai m-a-p gair simplescaling open-thoughts open-r1 agentica-org prime-rl novasky-ai qihoo360 xlabs-ai
shakker-labs instantx alimama-creative tencent-ailab tencentarc tencentgamemate funaudiollm iic damo
modelscope ai-modelscope llm-research linksoul fireworks-ai nomic mlc-ai answerdotai lightonai
ibm-nasa-geospatial kmhf wanglab microsoft-phi evolutionaryscale perplexity-ai prithivmlmods openbuddy prunaai
triangle104 readyart lonestriker flax-community mrm8488 pankajmathur vikhrmodels aratako pszemraj tiger-lab
mcgill-nlp mergekit-community anthracite-org thedrummer shisa-ai janhq jan-hq ai-sage trelis textattack poolside
jonatasgrosman inceptionai codefuse-ai openmoss-team typhoon-ai nota-ai kakaocorp flax-sentence-embeddings
dicta-il weyaxi knutjaegersberg freedomintelligence arliai friendliai vicgalle sao10k fla-hub s3nh fuseai
shenzhi-wang pygmalionai openllm-france trillionlabs stanfordnlp chujiezheng alpindale modelcloud numind dmis-lab
meituan-longcat onekq-ai nielsr prince-canuma minillm magpie-align princeton-nlp declare-lab depth-anything
briaai zhengpeng7 hustvl genmo rhymes-ai tensorblock kyutai canopylabs kredor kwaipilot rednote-hilab nexaaidev
""")
"""Owners on the Hub (lower case) that publish models; a name behind one of them is very likely a model."""

AMBIGUOUS_NAMESPACES: Final = _words("""
google microsoft nvidia openai apple amazon intel adobe ibm facebook salesforce tencent baidu writer naver
sail damo databricks timm diffusers modelscope distilbert albert xlnet replit ultralytics keras-io openmmlab
state-spaces iic snowflake cerebras deepset argilla qwen upstage coqui suno nomic snakers4
 diffusers uer
""")
"""Owners that also own source code, images or Go modules: the name behind them must look like a model."""

NOT_OWNERS: Final = _words("""
application text image audio video font multipart message model chemical inode x-content actions docker github
gitlab www http https src lib bin usr etc var tmp opt home root mnt dev proc data dataset datasets models
model checkpoints checkpoint ckpt ckpts output outputs results result logs log runs run cache config configs
scripts script tests test utils docs doc examples example assets static public dist build node_modules vendor
api app apps components pages packages pkg cmd internal includes include templates template train eval val
validation asset download downloads
refs heads tags origin upstream library community main master train_data loss metrics metric
objective rewards reward and or true false yes no n input in out on off client server user users weights
pretrained repos repo
""")
"""First segments that are never the owner of a model: MIME types, folders, git refs, prose."""

ARCHIVE_WORDS: Final = _words("""
md txt py js ts tsx jsx json jsonl yaml yml toml csv tsv parquet png jpg jpeg gif svg webp mp3 mp4 wav flac
ogg html htm css scss go rs java sh bash ipynb lock cfg ini xml pdf zip tar gz tgz whl log proto sql map ico
woff woff2 ttf c cc cpp h hpp rb php swift kt cs exe dll so dylib env conf template tmpl tpl bak pyc rst mdx
vue svelte arrow npy npz jinja jinja2 j2 mjs cjs pyi pyx cu cuh ps1 bat
""")
"""File name endings that rule out a model id."""

ROOT_MODELS: Final = _words("""
gpt2 gpt2-medium gpt2-large gpt2-xl distilgpt2 openai-gpt bert-base-uncased bert-base-cased bert-large-uncased
bert-large-cased bert-base-multilingual-cased bert-base-multilingual-uncased bert-base-chinese
bert-base-german-cased bert-large-uncased-whole-word-masking bert-large-cased-whole-word-masking
bert-large-uncased-whole-word-masking-finetuned-squad bert-large-cased-whole-word-masking-finetuned-squad
bert-base-cased-finetuned-mrpc roberta-base roberta-large roberta-large-mnli roberta-base-openai-detector
distilbert-base-uncased distilbert-base-cased distilbert-base-multilingual-cased distilroberta-base
distilbert-base-uncased-distilled-squad distilbert-base-cased-distilled-squad distilbert-base-german-cased
distilbert-base-uncased-finetuned-sst-2-english albert-base-v1 albert-base-v2 albert-large-v2 albert-xlarge-v2
albert-xxlarge-v2 xlnet-base-cased xlnet-large-cased xlm-roberta-base xlm-roberta-large camembert-base
t5-small t5-base t5-large t5-3b t5-11b ctrl transfo-xl-wt103 xlm-mlm-en-2048 xlm-mlm-100-1280
bert-base-german-dbmdz-cased bert-base-german-dbmdz-uncased xlm-roberta-large-finetuned-conll03-english
""")
"""Model ids of the Hub's first years that have no owner."""

DATASET_ROOTS: Final = _words("""
glue super_glue squad squad_v2 imdb wikitext c4 openwebtext cnn_dailymail xsum samsum mnist cifar10 cifar100
ag_news conll2003 common_voice librispeech_asr multi_news gsm8k hellaswag winogrande piqa boolq ai2_arc
openbookqa natural_questions trivia_qa hotpot_qa ms_marco bookcorpus wikipedia oscar mc4 the_pile xnli paws
yelp_review_full rotten_tomatoes emotion sst2 cola rte mrpc qnli wnli dbpedia_14 lambada ptb_text_only wmt14
wmt16 opus_books billsum food101 beans fashion_mnist imagenet-1k minds14 superb wikiann tweet_eval mbpp
openai_humaneval apps code_search_net mmlu truthful_qa race commonsense_qa swag drop quac coqa daily_dialog
empathetic_dialogues wikihow gigaword eli5 asqa aqua_rat math_qa mathqa svamp competition_math math_dataset
""")
"""Dataset ids without an owner (legacy canonical ones)."""

SENTENCE_TRANSFORMERS: Final = _words("""
all-minilm-l6-v2 all-minilm-l12-v2 all-minilm-l6-v1 all-minilm-l12-v1 all-mpnet-base-v2 all-mpnet-base-v1
all-distilroberta-v1 all-roberta-large-v1 paraphrase-minilm-l6-v2 paraphrase-minilm-l3-v2
paraphrase-minilm-l12-v2 paraphrase-mpnet-base-v2 paraphrase-albert-small-v2 paraphrase-distilroberta-base-v1
paraphrase-distilroberta-base-v2 paraphrase-multilingual-minilm-l12-v2 paraphrase-multilingual-mpnet-base-v2
paraphrase-xlm-r-multilingual-v1 paraphrase-tinybert-l6-v2 multi-qa-minilm-l6-cos-v1 multi-qa-minilm-l6-dot-v1
multi-qa-mpnet-base-dot-v1 multi-qa-mpnet-base-cos-v1 multi-qa-distilbert-cos-v1 multi-qa-distilbert-dot-v1
msmarco-distilbert-base-v4 msmarco-distilbert-base-tas-b msmarco-minilm-l6-cos-v5 msmarco-minilm-l-6-v3
msmarco-bert-base-dot-v5 distiluse-base-multilingual-cased distiluse-base-multilingual-cased-v1
distiluse-base-multilingual-cased-v2 clip-vit-b-32 clip-vit-b-16 clip-vit-l-14 clip-vit-b-32-multilingual-v1
gtr-t5-base gtr-t5-large gtr-t5-xl gtr-t5-xxl sentence-t5-base sentence-t5-large sentence-t5-xl
sentence-t5-xxl labse average_word_embeddings_glove.6b.300d average_word_embeddings_komninos
use-cmlm-multilingual nli-mpnet-base-v2 nli-roberta-base-v2 nli-distilroberta-base-v2 stsb-mpnet-base-v2
stsb-roberta-base-v2 stsb-distilroberta-base-v2 stsb-roberta-large stsb-roberta-base stsb-distilbert-base
bert-base-nli-mean-tokens bert-large-nli-mean-tokens roberta-base-nli-mean-tokens
distilbert-base-nli-mean-tokens quora-distilbert-multilingual quora-distilbert-base allenai-specter
xlm-r-100langs-bert-base-nli-stsb-mean-tokens xlm-r-bert-base-nli-stsb-mean-tokens
distilbert-base-nli-stsb-mean-tokens bert-base-nli-stsb-mean-tokens roberta-large-nli-stsb-mean-tokens
static-retrieval-mrl-en-v1 static-similarity-mrl-multilingual-v1
""")
"""Short names that sentence-transformers completes with its own namespace (lower case)."""

SENTENCE_TRANSFORMERS_SPELLING: Final = {
    "minilm": "MiniLM",
    "l3": "L3",
    "l6": "L6",
    "l12": "L12",
    "tinybert": "TinyBERT",
    "labse": "LaBSE",
}

WHISPER_SIZES: Final = _words("""
tiny tiny.en base base.en small small.en medium medium.en large large-v1 large-v2 large-v3 turbo
large-v3-turbo distil-small.en distil-medium.en distil-large-v2 distil-large-v3 distil-large-v3.5
""")

NEMO_MODEL: Final = re.compile(
    r"(?:stt|tts|nmt|slu)_[a-z]{2}_[a-z]\w+|titanet_(?:large|small)|vad_(?:\w+_)?marblenet|diar_\w+_(?:telephonic|meeting|v\d\w*)"
    r"|ecapa_tdnn|speakerverification_speakernet|langid_ambernet|quartznet\d+x\d+\w*-\w+|punctuation_en_\w*bert"
)
"""Names (lower case) of checkpoints that NeMo fetches from NGC by themselves."""

TORCHAUDIO_BUNDLES: Final = ("WAV2VEC2_", "VOXPOPULI_ASR_", "HUBERT_", "WAVLM_", "TACOTRON2_", "SQUIM_", "MMS_FA",
                             "EMFORMER_RNNT_", "HDEMUCS_", "CONVTASNET_")  # fmt: skip
"""Prefixes of the names of bundles in `torchaudio.pipelines`."""

OLLAMA_NAMES: Final = _words("""
llama2 llama3 llama3.1 llama3.2 llama3.2-vision llama3.3 llama4 codellama tinyllama qwen qwen2 qwen2.5
qwen2.5-coder qwen2.5vl qwen3 qwen3-coder qwen3-vl qwen3-embedding qwq deepseek-r1 deepseek-v2 deepseek-v2.5
deepseek-v3 deepseek-v3.1 deepseek-coder deepseek-coder-v2 deepseek-llm gemma gemma2 gemma3 gemma3n codegemma
embeddinggemma mistral mistral-nemo mistral-small mistral-small3.1 mistral-small3.2 mistral-large mixtral
codestral devstral magistral ministral-3 phi phi3 phi3.5 phi4 phi4-mini phi4-reasoning phi4-mini-reasoning
orca-mini orca2 vicuna wizardlm wizardlm2 wizardcoder wizard-math wizard-vicuna wizard-vicuna-uncensored
starcoder starcoder2 stable-code stablelm2 stablelm-zephyr zephyr neural-chat starling-lm openchat openhermes
dolphin-mistral dolphin-mixtral dolphin-llama3 dolphin-phi dolphin3 nous-hermes nous-hermes2 hermes3 yi
yi-coder solar solar-pro falcon falcon2 falcon3 aya aya-expanse command-r command-r-plus command-a command-r7b
granite-code granite3-dense granite3-moe granite3.1-dense granite3.1-moe granite3.2 granite3.2-vision
granite3.3 granite4 granite-embedding smollm smollm2 llava llava-llama3 llava-phi3 bakllava moondream
minicpm-v nomic-embed-text mxbai-embed-large all-minilm snowflake-arctic-embed snowflake-arctic-embed2 bge-m3
bge-large paraphrase-multilingual glm4 codegeex4 internlm2 exaone3.5 exaone-deep marco-o1 olmo2 tulu3
athene-v2 nemotron nemotron-mini reader-lm opencoder deepscaler openthinker cogito gpt-oss codeqwen sqlcoder
duckdb-nsql meditron medllama2 megadolphin notus notux samantha-mistral stable-beluga xwinlm yarn-llama2
yarn-mistral everythinglm goliath magicoder mistrallite nexusraven nuextract open-orca-platypus2
firefunction-v2 llama-guard3 shieldgemma bespoke-minicheck smallthinker sailor2 r1-1776 kimi-k2
kimi-k2-thinking glm-4.6 minimax-m2
""")
"""Names in the library of Ollama; with a tag (`name:tag`) they are unmistakable."""

WEIGHT_SUFFIXES: Final = (
    ".safetensors", ".gguf", ".ggml", ".ckpt", ".onnx", ".tflite", ".mlmodel", ".mlpackage", ".mlmodelc", ".nemo",
    ".llamafile", ".ggmlv3", ".task", ".litertlm", ".caffemodel", ".pdparams", ".ort", ".rknn", ".hef",
)  # fmt: skip
"""Endings of files that hold weights and hardly anything else."""

WEIGHT_SUFFIXES_WEAK: Final = (
    ".pt", ".pth", ".bin", ".h5", ".hdf5", ".keras", ".pb", ".pkl", ".pickle", ".joblib", ".engine", ".plan",
    ".weights", ".params", ".torchscript", ".ptl", ".mar", ".npz", ".msgpack", ".model", ".zip", ".xml",
)  # fmt: skip
"""Endings that hold weights and other things; they count where the place says that a model is loaded."""
