// The AI SDK of Vercel: one way for all of its providers, so that only the making of a model differs.

import { generateText, jsonSchema, Output, stepCountIs, streamText, tool as aiTool } from "ai";

// Its warnings would go to standard output, where what was seen belongs.
globalThis.AI_SDK_LOG_WARNINGS = false;

// `providerOptions` are what every request is told beside the usual.
export function client(modelOf, { schema, tool, weather }, providerOptions = {}) {
  const usual = { prompt: "ping", maxRetries: 0, providerOptions };
  const spent = ({ inputTokens, outputTokens }) => [inputTokens, outputTokens];

  // Its loop calls the tool and goes on by itself; `run` says whether its answers are streamed.
  async function looked(model, run) {
    const asked = [];
    const execute = (input) => {
      asked.push(input);
      return weather(input);
    };
    const tools = { [tool.name]: aiTool({ description: tool.about, inputSchema: jsonSchema(tool.schema), execute }) };
    const ask = { ...usual, model: modelOf(model), tools, stopWhen: stepCountIs(3) };
    return { answer: await run(ask), arguments: asked };
  }

  // Without this a stream that fails is told on the console only.
  const onError = ({ error }) => {
    throw error;
  };

  return {
    words: async (model) => {
      const { text, usage } = await generateText({ ...usual, model: modelOf(model) });
      return { text, usage: spent(usage) };
    },

    words_streamed: async (model) => {
      const answer = streamText({ ...usual, model: modelOf(model), onError });
      const pieces = [];
      for await (const piece of answer.textStream) pieces.push(piece);
      return { text: pieces.join(""), pieces: pieces.length, usage: spent(await answer.usage) };
    },

    tools: (model) => looked(model, async (ask) => (await generateText(ask)).text),

    tools_streamed: (model) =>
      looked(model, async (ask) => {
        const answer = streamText({ ...ask, onError });
        await answer.consumeStream();
        return await answer.text;
      }),

    form: async (model) => {
      const output = Output.object({ schema: jsonSchema(schema) });
      return (await generateText({ ...usual, model: modelOf(model), output })).output;
    },
  };
}
