"""Answers: written by a local model, checked by hosted ones."""

import os

from google import genai
from openai import OpenAI
from transformers import AutoModelForCausalLM, AutoTokenizer

from app.settings import GENERATOR, settings

tokenizer = AutoTokenizer.from_pretrained(GENERATOR)
model = AutoModelForCausalLM.from_pretrained(GENERATOR, trust_remote_code=True)

router = OpenAI(base_url=settings.openrouter_base_url, api_key=os.environ["OPENROUTER_API_KEY"])
deepseek = OpenAI(base_url="https://api.deepseek.com", api_key=os.environ["DEEPSEEK_API_KEY"])
openai = OpenAI()
gemini = genai.Client(api_key=os.environ["GEMINI_API_KEY"])


def answer(question: str) -> str:
    reply = router.chat.completions.create(
        model=settings.chat_model,
        messages=[{"role": "user", "content": question}],
    )
    return reply.choices[0].message.content


def reason(question: str) -> str:
    reply = deepseek.chat.completions.create(
        model="deepseek-reasoner",
        messages=[{"role": "user", "content": question}],
    )
    return reply.choices[0].message.content


def judge(question: str, answer: str) -> str:
    prompt = f"Question: {question}\nAnswer: {answer}\nIs the answer supported?"
    first = openai.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": prompt}])
    second = gemini.models.generate_content(model="gemini-2.5-flash", contents=prompt)
    return f"{first.choices[0].message.content}\n{second.text}"


def experimental(prompt: str) -> str:
    # The name comes from a feature flag at run time: no file says which model this is.
    name = os.environ["EXPERIMENT_MODEL"]
    other = AutoModelForCausalLM.from_pretrained(name)
    return tokenizer.decode(other.generate(**tokenizer(prompt, return_tensors="pt"))[0])
