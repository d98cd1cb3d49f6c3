"""The Anthropic SDK for Python, unmodified; the base URL comes from ANTHROPIC_BASE_URL."""

from anthropic import Anthropic
from lines import serve

client = Anthropic()
MESSAGE = {
    "model": "mock-model",
    "max_tokens": 256,
    "messages": [{"role": "user", "content": "How deep is the river?"}],
}
TOOLS = [{"name": "depth", "input_schema": {"type": "object", "properties": {}}}]


def create(call, seen, **more):
    if call.get("tools"):
        more["tools"] = TOOLS
    options = {}
    if "retries" in call:
        options["max_retries"] = call["retries"]
    if "timeout_ms" in call:
        options["timeout"] = call["timeout_ms"] / 1000
    api = client.with_options(**options).messages.with_raw_response
    raw = api.create(**MESSAGE, **more, extra_headers=call.get("headers"))
    seen["headers"] = dict(raw.headers)
    return raw.parse()


def chat(call, seen):
    answer = create(call, seen)
    seen.update(id=answer.id, model=answer.model, usage=answer.usage.model_dump(exclude_unset=True))
    seen["finish_reasons"] = [answer.stop_reason]
    seen["tool_calls"] = sum(block.type == "tool_use" for block in answer.content)


def stream(call, seen):
    """`leave_after`: close once that many events with output were seen."""
    events = create(call, seen, stream=True)
    seen.update(finish_reasons=[], tool_calls=0, output_events=0)
    for event in events:
        if event.type == "message_start":
            message = event.message
            seen.update(id=message.id, model=message.model, usage=message.usage.model_dump(exclude_unset=True))
        elif event.type == "content_block_start":
            is_tool = event.content_block.type == "tool_use"
            seen["tool_calls"] += is_tool
            seen["output_events"] += is_tool  # its name is output
        elif event.type == "content_block_delta":
            seen["output_events"] += 1
        elif event.type == "message_delta":
            seen["finish_reasons"].append(event.delta.stop_reason)
            seen["usage"].update(event.usage.model_dump(exclude_unset=True))
        if seen["output_events"] == call.get("leave_after"):
            events.close()
            return


serve({"chat": chat, "stream": stream})
