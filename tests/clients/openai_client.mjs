// The OpenAI SDK for JavaScript, unmodified; the base URL comes from OPENAI_BASE_URL.
import { sdk, serve } from './lines.mjs';

const { OpenAI } = sdk('openai');
const client = new OpenAI();
const chat = { model: 'mock-model', messages: [{ role: 'user', content: 'How deep is the river?' }] };
const tools = [{ type: 'function', function: { name: 'depth', parameters: { type: 'object', properties: {} } } }];

async function create(call, seen, more) {
    const options = {
        headers: call.headers,
        ...('retries' in call && { maxRetries: call.retries }),
        ...('timeout_ms' in call && { timeout: call.timeout_ms }),
    };
    const { data, response } = await client.chat.completions
        .create({ ...chat, ...(call.tools && { tools }), ...more }, options)
        .withResponse();
    seen.headers = Object.fromEntries(response.headers);
    return data;
}

await serve({
    async chat(call, seen) {
        const answer = await create(call, seen, {});
        const { id, model, service_tier, usage } = answer;
        Object.assign(seen, { id, model, service_tier, usage });
        seen.finish_reasons = answer.choices.map((choice) => choice.finish_reason);
        seen.tool_calls = answer.choices.flatMap((choice) => choice.message.tool_calls ?? []).length;
    },

    // `leave_after`: abort once that many chunks with output were seen.
    async stream(call, seen) {
        const stream = await create(call, seen, {
            stream: true,
            ...(call.usage && { stream_options: { include_usage: true } }),
        });
        Object.assign(seen, { finish_reasons: [], tool_calls: 0, output_events: 0 });
        for await (const chunk of stream) {
            Object.assign(seen, { id: chunk.id, model: chunk.model, service_tier: chunk.service_tier });
            if (chunk.usage) seen.usage = chunk.usage;
            for (const { delta, finish_reason } of chunk.choices) {
                if (delta.content || delta.tool_calls) ++seen.output_events;
                seen.tool_calls += (delta.tool_calls ?? []).filter((part) => part.id).length;
                if (finish_reason) seen.finish_reasons.push(finish_reason);
            }
            if (seen.output_events === call.leave_after) stream.controller.abort();
        }
    },
});
