"""What a call record must say of a call, given what the SDK saw. Every key is compared or measured: none is ignored."""

import datetime
import re

PHASES = "request_upload dns connect tls upstream_wait generation client_backpressure".split()
CLOCKS = ["tokenweir." + name for name in "time_to_first_byte time_to_first_token time_to_first_answer duration".split()]


def openai_usage(usage):
    prompt, completion = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    return {
        "gen_ai.usage.input_tokens": usage["prompt_tokens"],
        "gen_ai.usage.output_tokens": usage["completion_tokens"],
        "gen_ai.usage.cache_read.input_tokens": prompt.get("cached_tokens"),
        "gen_ai.usage.cache_creation.input_tokens": prompt.get("cache_write_tokens"),
        "gen_ai.usage.reasoning.output_tokens": completion.get("reasoning_tokens"),
    }


def anthropic_usage(usage):
    parts = [usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")]
    by_lifetime = usage.get("cache_creation") or {}
    return {
        **{f"tokenweir.units.cache_creation.{name}": value for name, value in by_lifetime.items()},
        "gen_ai.usage.input_tokens": usage["input_tokens"] + sum(part or 0 for part in parts),
        "gen_ai.usage.output_tokens": usage["output_tokens"],
        "gen_ai.usage.cache_read.input_tokens": parts[0],
        "gen_ai.usage.cache_creation.input_tokens": parts[1],
        "tokenweir.usage.cache_creation_1h.input_tokens": by_lifetime.get("ephemeral_1h_input_tokens"),
        "tokenweir.service_tier": usage.get("service_tier"),
        "gen_ai.usage.reasoning.output_tokens": (usage.get("output_tokens_details") or {}).get("thinking_tokens"),
    }


def quotas(headers):
    """A response's rate-limit headers -> record keys. Resets are given in several forms, so they are only measured."""
    found = {}
    for resource in ("requests", "tokens", "input-tokens", "output-tokens"):
        for figure in ("limit", "remaining"):
            for name in (f"x-ratelimit-{figure}-{resource}", f"anthropic-ratelimit-{resource}-{figure}"):
                if name in headers:
                    found[f"tokenweir.quota.{resource.replace('-', '_')}.{figure}"] = float(headers[name])
    return found


def is_call_id(value):
    return re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", value)


def is_recent(value):
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", value):
        return False
    age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    return datetime.timedelta(0) <= age < datetime.timedelta(minutes=2)


def is_count(value):
    return isinstance(value, int) and value > 0


def is_seconds(value):
    return isinstance(value, (int, float)) and 0 <= value < 60


MEASURED = {  # what differs from run to run, and what is known of it all the same
    "time": is_recent,
    "tokenweir.call.id": is_call_id,
    "trace_id": lambda value: re.fullmatch("[0-9a-f]{32}", value),
    "span_id": lambda value: re.fullmatch("[0-9a-f]{16}", value),
    "tokenweir.api_key.hash": lambda value: re.fullmatch("[0-9a-f]{32}", value),
    "user_agent.original": lambda value: bool(value),
    "server.port": lambda value: 0 < value < 65536,
    "http.request.body.size": is_count,
    "http.response.body.size": is_count,
    "tokenweir.output_events": is_count,
    "tokenweir.overhead": is_seconds,
    **{f"tokenweir.quota.{name}.reset": is_seconds for name in ("requests", "tokens", "input_tokens", "output_tokens")},
    **{f"tokenweir.inter_token.{name}": is_seconds for name in ("p50", "p99", "max")},
    **{f"tokenweir.phase.{name}": is_seconds for name in PHASES},
    **{clock: is_seconds for clock in CLOCKS},
}


def check(record, expected, measured):
    """Compares the whole record: `expected` holds the keys with known values (None: absent), `measured` names those of
    MEASURED that must be there; phases may be. Returns a list of differences."""
    wrong = []
    optional = {f"tokenweir.phase.{name}" for name in PHASES} | {"trace_id", "span_id"}
    expected = {key: value for key, value in expected.items() if value is not None}
    for key in sorted({*expected, *measured} - {*record}):
        wrong.append(f"{key}: absent, expected {expected.get(key, 'a measurement')!r}")
    for key, value in record.items():
        if key in expected:
            if value != expected[key]:
                wrong.append(f"{key}: {value!r}, expected {expected[key]!r}")
        elif key not in measured and key not in optional:
            wrong.append(f"{key}: {value!r}, expected none")
        elif not MEASURED[key](value):
            wrong.append(f"{key}: {value!r} cannot be")
    clocks = [record[clock] for clock in CLOCKS if clock in record]
    if clocks != sorted(clocks):
        wrong.append(f"clocks out of order: {clocks}")
    phases = sum(value for key, value in record.items() if key.startswith("tokenweir.phase."))
    spent = phases + record["tokenweir.overhead"]
    if abs(spent - record["tokenweir.duration"]) > 1e-5:
        wrong.append(f"phases and overhead are {spent} s of {record['tokenweir.duration']} s")
    return wrong
