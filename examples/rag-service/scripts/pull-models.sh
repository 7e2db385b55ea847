#!/usr/bin/env bash
set -euo pipefail
ollama pull deepseek-r1:14b
huggingface-cli download microsoft/phi-4 --revision main
