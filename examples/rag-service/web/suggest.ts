import { openai } from "@ai-sdk/openai";
import { generateText } from "ai";

// Suggests follow-up questions in the browser's language.
export async function suggest(question: string, language: string): Promise<string> {
  const { text } = await generateText({
    model: openai("gpt-4o-mini"),
    prompt: `Suggest three follow-up questions to "${question}" in ${language}.`,
  });
  return text;
}
