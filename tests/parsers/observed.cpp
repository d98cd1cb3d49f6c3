#include "tests/parsers/observed.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "tests/support/split_feed.hpp"

namespace tokenweir::test {

namespace {

constexpr Instant start{std::chrono::seconds(100)};

CallId call_id() {
    CallId id;
    id.text.fill('a');
    return id;
}

LlmCall without_clocks(LlmCall call) {
    call.timings = {};
    call.gaps = {};
    return call;
}

template <class T>
void line(std::ostringstream& out, const char* key, const T& value) {
    if (value != T{}) out << key << ": " << value << '\n';
}

template <class T>
void line(std::ostringstream& out, const char* key, const std::optional<T>& value) {
    if (value) out << key << ": " << *value << '\n';
}

void line(std::ostringstream& out, const char* key, const std::optional<Instant>& at) {
    if (at)
        out << key << ": +" << std::chrono::duration_cast<std::chrono::milliseconds>(*at - start).count() << " ms\n";
}

void line(std::ostringstream& out, const char* key, const std::vector<std::string>& list) {
    for (const std::string& text : list) out << key << ": " << text << '\n';
}

void quota_lines(std::ostringstream& out, const std::string& key, const Quota& quota) {
    line(out, (key + ".limit").c_str(), quota.limit);
    line(out, (key + ".remaining").c_str(), quota.remaining);
    line(out, (key + ".reset").c_str(), quota.reset_seconds);
}

}  // namespace

LlmCall observe(const Told& told) {
    LlmCall call;
    parsers::CallObserver observer(told.options, call, call_id(), WallTime(std::chrono::seconds(100)), start);
    observer.request_head({told.method, told.path, told.path, told.request_fields, "192.0.2.1"},
                          {"route", "upstream.test", 443, told.provider, told.content});
    with_exact_copy(told.request, [&](std::string_view piece) { observer.request_piece(piece); });
    observer.request_end();
    Instant now = start + std::chrono::milliseconds(10);
    if (told.status != 0) observer.response_head({told.status, told.response_fields, now});
    for (const std::string& piece : told.pieces) {
        now += told.gap;
        with_exact_copy(piece, [&](std::string_view copy) { observer.response_piece(copy, now); });
    }
    std::optional<int> sent = told.sent_status;
    if (!sent && told.status != 0) sent = told.status;
    return observer.finish(told.end, sent, now);
}

LlmCall blank(const Told& told) {
    Told silent = told;
    silent.pieces.clear();
    silent.end = EndCause::client_gone;
    LlmCall call = observe(silent);
    call.outcome = Outcome::ok;
    for (const std::string& piece : told.pieces) call.response_body_bytes += piece.size();
    return call;
}

std::string describe(const LlmCall& call) {
    std::ostringstream out;
    line(out, "route", call.route);
    line(out, "user agent", call.user_agent);
    line(out, "method", call.method);
    line(out, "path", call.path);
    line(out, "operation", call.operation);
    line(out, "provider", call.provider);
    line(out, "api", std::string(call.api));
    line(out, "request model", call.request_model);
    line(out, "response model", call.response_model);
    line(out, "response id", call.response_id);
    line(out, "conversation", call.conversation_id);
    line(out, "user", call.enduser_id);
    for (const auto& [name, value] : call.tags) line(out, ("tag " + name).c_str(), value);
    line(out, "context dropped", call.context_dropped);
    line(out, "retry count", call.client_retry_count);
    line(out, "client timeout", call.client_timeout_seconds);
    line(out, "stream asked", call.settings.stream);
    line(out, "max tokens", call.settings.max_tokens);
    line(out, "output type", call.settings.output_type);
    line(out, "reasoning level", call.settings.reasoning_level);
    line(out, "messages", call.settings.messages);
    line(out, "tools", call.settings.tools);
    quota_lines(out, "quota of requests", call.quotas.requests);
    quota_lines(out, "quota of tokens", call.quotas.tokens);
    quota_lines(out, "quota of input tokens", call.quotas.input_tokens);
    quota_lines(out, "quota of output tokens", call.quotas.output_tokens);
    quota_lines(out, "quota of 5 hours", call.quotas.unified_5h);
    quota_lines(out, "quota of 7 days", call.quotas.unified_7d);
    line(out, "retry after", call.quotas.retry_after_seconds);
    line(out, "generation", call.generation);
    line(out, "status", call.status);
    line(out, "streamed", call.response_streamed);
    line(out, "input", call.usage.input);
    line(out, "output", call.usage.output);
    line(out, "cache read", call.usage.cache_read);
    line(out, "cache creation", call.usage.cache_creation);
    line(out, "cache creation for an hour", call.usage.cache_creation_1h);
    line(out, "reasoning", call.usage.reasoning);
    line(out, "audio input", call.usage.audio_input);
    line(out, "image input", call.usage.image_input);
    line(out, "audio output", call.usage.audio_output);
    line(out, "image output", call.usage.image_output);
    line(out, "usage source", std::string(name_of(call.usage.source)));
    for (const auto& [name, value] : call.units) line(out, ("unit " + name).c_str(), value);
    line(out, "service tier", call.service_tier);
    line(out, "cost", call.cost);
    line(out, "finish reason", call.finish_reasons);
    line(out, "tool calls", call.tool_calls);
    line(out, "server tool calls", call.server_tool_calls);
    line(out, "outcome", std::string(name_of(call.outcome)));
    line(out, "error type", call.error_type);
    line(out, "refusal", std::string(call.refusal));
    line(out, "provider error type", call.provider_error_type);
    line(out, "provider error code", call.provider_error_code);
    line(out, "decoding", std::string(name_of(call.decoding)));
    if (call.first_token_kind) line(out, "first token kind", std::string(name_of(*call.first_token_kind)));
    line(out, "output events", call.output_events);
    line(out, "gaps", call.gaps.total);
    line(out, "longest gap", call.gaps.max_seconds);
    line(out, "stalls", call.gaps.stalls);
    line(out, "first byte", call.timings.first_byte);
    line(out, "first token", call.timings.first_token);
    line(out, "first answer", call.timings.first_answer);
    line(out, "first stall", call.timings.first_stall);
    line(out, "ended", std::optional(call.timings.ended));
    line(out, "request bytes", call.request_body_bytes);
    line(out, "response bytes", call.response_body_bytes);
    if (call.content) {
        line(out, "instructions", call.content->system_instructions);
        line(out, "said to it", call.content->input_messages);
        line(out, "said by it", call.content->output_messages);
        line(out, "tools defined", call.content->tool_definitions);
        line(out, "omitted", call.content->omitted);
        line(out, "redactions", call.content->redactions);
        line(out, "a text cut", call.content->cut);
    }
    return out.str();
}

void check_at_every_split(Told told, std::string_view body, const LlmCall& expected) {
    const LlmCall goal = without_clocks(expected);
    for (const auto& pieces : splits(body)) {
        told.pieces.assign(pieces.begin(), pieces.end());
        const LlmCall got = without_clocks(observe(told));
        if (got == goal) continue;
        CAPTURE(pieces.size());
        CAPTURE(pieces.front().size());
        CHECK(describe(got) == describe(goal));
        CHECK(got == goal);
        return;
    }
}

std::string data(const std::string& name) {
    std::ifstream file(std::string(TOKENWEIR_SOURCE_DIR) + "/tests/data/" + name, std::ios::binary);
    REQUIRE_MESSAGE(file.good(), name);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
}

}  // namespace tokenweir::test
