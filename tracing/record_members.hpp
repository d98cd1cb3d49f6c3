/// The members of the record in their order, for whatever writes them: the call log, spans and log records.
#pragma once

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "observation/llm_call.hpp"
#include "tracing/http_method.hpp"
#include "tracing/json_object.hpp"
#include "tracing/key.hpp"

namespace tokenweir::tracing {
namespace record_members {

/// Adds the members that are there. Inline, so that where they are written their keys are constants.
template <class Object>
class Record {
public:
    explicit Record(Object& object) : object_(object) {}

    [[gnu::always_inline]] void text(Key key, std::string_view value) {
        if (!value.empty()) object_.text(key, value);
    }
    [[gnu::always_inline]] void texts(Key key, const std::vector<std::string>& values) {
        if (!values.empty()) object_.texts(key, values);
    }
    [[gnu::always_inline]] void json(Key key, std::string_view value) {
        if (!value.empty()) object_.json(key, value);
    }
    template <class Integer>
    [[gnu::always_inline]] void integer(Key key, const std::optional<Integer>& value) {
        if (value) object_.integer(key, *value);
    }
    [[gnu::always_inline]] void count(Key key, std::uint64_t value) {
        if (value > 0) object_.integer(key, static_cast<std::int64_t>(value));
    }
    [[gnu::always_inline]] void number(Key key, const std::optional<double>& value) {
        if (value) object_.number(key, *value);
    }
    [[gnu::always_inline]] void since(Key key, Instant start, const std::optional<Instant>& instant) {
        if (instant) object_.seconds(key, *instant - start);
    }

private:
    Object& object_;
};

template <class Object>
void add_trace(Object& object, const TraceContext& trace) {
    const auto id = [&](Key key, const auto& bytes) {
        const auto hex = to_hex(bytes);
        object.text(key, {hex.data(), hex.size()});
    };
    id("trace_id", trace.trace_id);
    id("span_id", trace.span_id);
    if (trace.has_parent()) id("parent_span_id", trace.parent_span_id);
}

template <class Object>
void add_identity(Object& object, Record<Object>& record, const LlmCall& call) {
    constexpr bool is_json = std::is_same_v<Object, JsonObject>;  // spans and log records say these themselves
    if constexpr (is_json) object.time("time", call.timings.started_at);
    record.text("tokenweir.call.id", call.id.view());
    if constexpr (is_json)
        if (call.trace) add_trace(object, *call.trace);
    record.text("tokenweir.route", call.route);
    record.text("server.address", call.server_address);
    record.count("server.port", call.server_port);
    record.text("client.address", call.client_address);
    record.text("user_agent.original", call.user_agent);
    const bool other_method = !call.method.empty() && !is_known_method(call.method);
    record.text("http.request.method", other_method ? std::string_view("_OTHER") : call.method);
    if (other_method) object.text("http.request.method_original", call.method);
    record.text("url.path", call.path);
    record.integer("http.response.status_code", call.status);
    record.text("gen_ai.operation.name", call.operation);
    record.text("gen_ai.provider.name", call.provider);
    record.text("tokenweir.api", call.api);
    record.text("gen_ai.request.model", call.request_model);
    record.text("gen_ai.response.model", call.response_model);
    record.text("gen_ai.response.id", call.response_id);
    if (call.settings.stream.value_or(false)) object.boolean("gen_ai.request.stream", true);
    if (call.status) object.boolean("tokenweir.response.streamed", call.response_streamed);
    record.text("gen_ai.conversation.id", call.conversation_id);
    record.text("tokenweir.api_key.hash", call.api_key_hash);
    record.text("enduser.id", call.enduser_id);
    for (const auto& [name, value] : call.tags) object.text("tokenweir.tags.", name, value);
    record.count("tokenweir.context_dropped", call.context_dropped);
    record.integer("tokenweir.client.retry_count", call.client_retry_count);
    record.number("tokenweir.client.timeout", call.client_timeout_seconds);
}

/// The keys are written out: putting them together costs more than all the rest of an attribute.
struct QuotaKeys {
    Key limit, remaining, reset;
};
constexpr QuotaKeys requests_keys{"tokenweir.quota.requests.limit", "tokenweir.quota.requests.remaining",
                                  "tokenweir.quota.requests.reset"};
constexpr QuotaKeys tokens_keys{"tokenweir.quota.tokens.limit", "tokenweir.quota.tokens.remaining",
                                "tokenweir.quota.tokens.reset"};
constexpr QuotaKeys input_tokens_keys{"tokenweir.quota.input_tokens.limit", "tokenweir.quota.input_tokens.remaining",
                                      "tokenweir.quota.input_tokens.reset"};
constexpr QuotaKeys output_tokens_keys{"tokenweir.quota.output_tokens.limit", "tokenweir.quota.output_tokens.remaining",
                                       "tokenweir.quota.output_tokens.reset"};
constexpr QuotaKeys unified_5h_keys{"tokenweir.quota.unified_5h.limit", "tokenweir.quota.unified_5h.remaining",
                                    "tokenweir.quota.unified_5h.reset"};
constexpr QuotaKeys unified_7d_keys{"tokenweir.quota.unified_7d.limit", "tokenweir.quota.unified_7d.remaining",
                                    "tokenweir.quota.unified_7d.reset"};

template <class Object>
[[gnu::always_inline]] inline void add_quota(Record<Object>& record, const QuotaKeys& keys, const Quota& quota) {
    record.number(keys.limit, quota.limit);
    record.number(keys.remaining, quota.remaining);
    record.number(keys.reset, quota.reset_seconds);
}

template <class Object>
void add_quotas(Record<Object>& record, const Quotas& quotas) {
    add_quota(record, requests_keys, quotas.requests);
    add_quota(record, tokens_keys, quotas.tokens);
    add_quota(record, input_tokens_keys, quotas.input_tokens);
    add_quota(record, output_tokens_keys, quotas.output_tokens);
    add_quota(record, unified_5h_keys, quotas.unified_5h);
    add_quota(record, unified_7d_keys, quotas.unified_7d);
    record.number("tokenweir.retry_after", quotas.retry_after_seconds);
}

template <class Object>
void add_settings(Record<Object>& record, const RequestSettings& settings) {
    record.integer("gen_ai.request.max_tokens", settings.max_tokens);
    record.number("gen_ai.request.temperature", settings.temperature);
    record.number("gen_ai.request.top_p", settings.top_p);
    record.number("gen_ai.request.top_k", settings.top_k);
    record.integer("gen_ai.request.seed", settings.seed);
    record.integer("gen_ai.request.choice.count", settings.choice_count);
    record.texts("gen_ai.request.stop_sequences", settings.stop_sequences);
    record.number("gen_ai.request.frequency_penalty", settings.frequency_penalty);
    record.number("gen_ai.request.presence_penalty", settings.presence_penalty);
    record.text("gen_ai.output.type", settings.output_type);
    record.text("gen_ai.request.reasoning.level", settings.reasoning_level);
    record.integer("tokenweir.request.messages", settings.messages);
    record.integer("tokenweir.request.tools", settings.tools);
}

template <class Object>
void add_result(Object& object, Record<Object>& record, const LlmCall& call) {
    record.integer("gen_ai.usage.input_tokens", call.usage.input);
    record.integer("gen_ai.usage.output_tokens", call.usage.output);
    record.integer("gen_ai.usage.cache_read.input_tokens", call.usage.cache_read);
    record.integer("gen_ai.usage.cache_creation.input_tokens", call.usage.cache_creation);
    record.integer("tokenweir.usage.cache_creation_1h.input_tokens", call.usage.cache_creation_1h);
    record.integer("gen_ai.usage.reasoning.output_tokens", call.usage.reasoning);
    record.integer("tokenweir.usage.audio.input_tokens", call.usage.audio_input);
    record.integer("tokenweir.usage.audio.cache_read.input_tokens", call.usage.audio_cache_read);
    record.integer("tokenweir.usage.audio.output_tokens", call.usage.audio_output);
    record.integer("tokenweir.usage.image.input_tokens", call.usage.image_input);
    record.integer("tokenweir.usage.image.output_tokens", call.usage.image_output);
    if (call.usage.source != UsageSource::missing || usage_missing(call))
        object.text("tokenweir.usage.source", name_of(call.usage.source));
    for (const auto& [unit, amount] : call.units) object.number("tokenweir.units.", unit, amount);
    record.text("tokenweir.service_tier", call.service_tier);
    record.number("gen_ai.usage.cost", call.cost);
    if (call.cost_source) object.text("tokenweir.cost.source", name_of(*call.cost_source));
    record.texts("gen_ai.response.finish_reasons", call.finish_reasons);
    record.count("tokenweir.tool_calls", static_cast<std::uint64_t>(call.tool_calls));
    record.count("tokenweir.server_tool_calls", static_cast<std::uint64_t>(call.server_tool_calls));
    object.text("tokenweir.outcome", name_of(call.outcome));
    record.text("error.type", call.error_type);
    record.text("tokenweir.refusal", call.refusal);
    record.text("tokenweir.error.provider_type", call.provider_error_type);
    record.text("tokenweir.error.provider_code", call.provider_error_code);
    if (call.decoding != Decoding::complete) object.text("tokenweir.decoding", name_of(call.decoding));
}

template <class Object>
void add_content(Object& object, Record<Object>& record, const CallContent& content) {
    record.json("gen_ai.system_instructions", content.system_instructions);
    record.json("gen_ai.input.messages", content.input_messages);
    record.json("gen_ai.output.messages", content.output_messages);
    record.json("gen_ai.tool.definitions", content.tool_definitions);
    if (content.truncated()) object.boolean("tokenweir.content.truncated", true);
    record.count("tokenweir.content.omitted", static_cast<std::uint64_t>(content.omitted));
    record.count("tokenweir.content.redactions", static_cast<std::uint64_t>(content.redactions));
}

template <class Object>
void add_gaps(Object& object, const OutputGaps& gaps) {
    if (gaps.total == 0) return;
    const auto exact = [](double seconds) { return std::chrono::nanoseconds(std::llround(seconds * 1e9)); };
    object.seconds("tokenweir.inter_token.p50", exact(gaps.quantile(0.5)));
    object.seconds("tokenweir.inter_token.p99", exact(gaps.quantile(0.99)));
    object.seconds("tokenweir.inter_token.max", exact(gaps.max_seconds));
    object.integer("tokenweir.stalls", gaps.stalls);
}

template <class Object>
void add_time(Object& object, Record<Object>& record, const LlmCall& call) {
    static constexpr std::array<Key, phase_count> phase_keys{
        "tokenweir.phase.request_upload",
        "tokenweir.phase.dns",
        "tokenweir.phase.connect",
        "tokenweir.phase.tls",
        "tokenweir.phase.upstream_wait",
        "tokenweir.phase.generation",
        "tokenweir.phase.client_backpressure",
    };
    const Timings& at = call.timings;
    object.seconds("tokenweir.duration", at.duration());
    record.since("tokenweir.time_to_first_byte", at.started, at.first_byte);
    record.since("tokenweir.time_to_first_token", at.started, at.first_token);
    record.since("tokenweir.time_to_first_answer", at.started, at.first_answer);
    if (call.first_token_kind) object.text("tokenweir.first_token.kind", name_of(*call.first_token_kind));
    record.count("tokenweir.output_events", call.output_events);
    add_gaps(object, call.gaps);
    for (std::size_t i = 0; i < phase_count; ++i)
        if (const auto& spent = at.phases[i]) object.seconds(phase_keys[i], *spent);
    object.seconds("tokenweir.overhead", at.overhead());
    record.count("http.request.body.size", call.request_body_bytes);
    record.count("http.response.body.size", call.response_body_bytes);
}

}  // namespace record_members

/// Adds every member that the call has. `Object` has the members of a JsonObject. What the wire did not say has no key.
template <class Object>
void add_record(Object& object, const LlmCall& call) {
    using namespace record_members;
    Record record(object);
    add_identity(object, record, call);
    add_quotas(record, call.quotas);
    add_settings(record, call.settings);
    add_result(object, record, call);
    if (call.content) add_content(object, record, *call.content);
    add_time(object, record, call);
}

}  // namespace tokenweir::tracing
