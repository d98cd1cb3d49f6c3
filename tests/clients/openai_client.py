"""The OpenAI SDK for Python, unmodified; the base URL comes from OPENAI_BASE_URL."""

from lines import serve
from openai import OpenAI

client = OpenAI()
CHAT = {"model": "mock-model", "messages": [{"role": "user", "content": "How deep is the river?"}]}
TOOLS = [{"type": "function", "function": {"name": "depth", "parameters": {"type": "object", "properties": {}}}}]


def create(call, seen, **more):
    if call.get("tools"):
        more["tools"] = TOOLS
    options = {}
    if "retries" in call:
        options["max_retries"] = call["retries"]
    if "timeout_ms" in call:
        options["timeout"] = call["timeout_ms"] / 1000
    api = client.with_options(**options).chat.completions.with_raw_response
    raw = api.create(**CHAT, **more, extra_headers=call.get("headers"))
    seen["headers"] = dict(raw.headers)
    return raw.parse()


def chat(call, seen):
    answer = create(call, seen)
    seen.update(id=answer.id, model=answer.model, service_tier=answer.service_tier)
    seen["usage"] = answer.usage.model_dump(exclude_unset=True)
    seen["finish_reasons"] = [choice.finish_reason for choice in answer.choices]
    seen["tool_calls"] = sum(len(choice.message.tool_calls or []) for choice in answer.choices)


def stream(call, seen):
    """`leave_after`: close once that many chunks with output were seen."""
    more = {"stream_options": {"include_usage": True}} if call.get("usage") else {}
    chunks = create(call, seen, stream=True, **more)
    seen.update(finish_reasons=[], tool_calls=0, output_events=0)
    for chunk in chunks:
        seen.update(id=chunk.id, model=chunk.model, service_tier=chunk.service_tier)
        if chunk.usage:
            seen["usage"] = chunk.usage.model_dump(exclude_unset=True)
        for choice in chunk.choices:
            seen["output_events"] += bool(choice.delta.content or choice.delta.tool_calls)
            seen["tool_calls"] += sum(1 for part in choice.delta.tool_calls or [] if part.id)
            if choice.finish_reason:
                seen["finish_reasons"].append(choice.finish_reason)
        if seen["output_events"] == call.get("leave_after"):
            chunks.close()
            return


serve({"chat": chat, "stream": stream})
