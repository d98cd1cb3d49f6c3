// The Anthropic SDK for JavaScript, unmodified; the base URL comes from ANTHROPIC_BASE_URL.
import { sdk, serve } from './lines.mjs';

const { Anthropic } = sdk('@anthropic-ai/sdk');
const client = new Anthropic();
const messages = [{ role: 'user', content: 'How deep is the river?' }];
const message = { model: 'mock-model', max_tokens: 256, messages };
const tools = [{ name: 'depth', input_schema: { type: 'object', properties: {} } }];

async function create(call, seen, more) {
    const options = {
        headers: call.headers,
        ...('retries' in call && { maxRetries: call.retries }),
        ...('timeout_ms' in call && { timeout: call.timeout_ms }),
    };
    const { data, response } = await client.messages
        .create({ ...message, ...(call.tools && { tools }), ...more }, options)
        .withResponse();
    seen.headers = Object.fromEntries(response.headers);
    return data;
}

await serve({
    async chat(call, seen) {
        const answer = await create(call, seen, {});
        Object.assign(seen, { id: answer.id, model: answer.model, usage: answer.usage });
        seen.finish_reasons = [answer.stop_reason];
        seen.tool_calls = answer.content.filter((block) => block.type === 'tool_use').length;
    },

    // `leave_after`: abort once that many events with output were seen.
    async stream(call, seen) {
        const stream = await create(call, seen, { stream: true });
        Object.assign(seen, { finish_reasons: [], tool_calls: 0, output_events: 0 });
        for await (const event of stream) {
            if (event.type === 'message_start') {
                const { id, model, usage } = event.message;
                Object.assign(seen, { id, model, usage });
            } else if (event.type === 'content_block_start') {
                if (event.content_block.type === 'tool_use') {
                    ++seen.tool_calls;
                    ++seen.output_events; // its name is output
                }
            } else if (event.type === 'content_block_delta') {
                ++seen.output_events;
            } else if (event.type === 'message_delta') {
                seen.finish_reasons.push(event.delta.stop_reason);
                Object.assign(seen.usage, event.usage);
            }
            if (seen.output_events === call.leave_after) stream.controller.abort();
        }
    },
});
