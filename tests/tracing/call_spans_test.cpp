#include "tracing/call_spans.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/tracing/attribute_lines.hpp"
#include "tests/tracing/full_call.hpp"
#include "tests/tracing/temp_dir.hpp"
#include "tracing/call_filter.hpp"
#include "tracing/http_route.hpp"

namespace tokenweir::tracing {
namespace {

using test::AttributeLines;
using test::full_call;

/// Times are microseconds since the call began.
std::string described(const Span& span, const LlmCall& call, const SpanOptions& options) {
    const auto hex = [](const auto& id) {
        const auto text = to_hex(id);
        return std::string(text.begin(), text.end());
    };
    const UnixNanos begin = unix_nanos(call.timings, call.timings.started);
    const auto micros = [&](UnixNanos time) { return std::to_string((time - begin) / 1000); };
    std::string out = std::string(name_of(span.kind)) + " " + span.name.whole() + " " + hex(span.span_id) + " under " +
                      hex(span.parent_span_id) + (span.parent_is_remote ? ", remote" : "") + "\n";
    CHECK(hex(span.trace_id) == hex(call.trace->trace_id));
    out += "  from " + micros(span.start) + " to " + micros(span.end) + (span.failed ? ", failed: " : "") +
           std::string(span.status_message) + "\n";
    AttributeLines attributes("  ");
    add_attributes(attributes, span, call, options);
    out += attributes.lines();
    for (const SpanEvent& event : events_of(span, call)) {
        AttributeLines of_event("    ");
        add_attributes(of_event, event, call);
        out += "  at " + micros(event.time) + " " + std::string(event.name) + "\n" + of_event.lines();
    }
    return out;
}

std::string described(const LlmCall& call, const SpanOptions& options = {}) {
    std::string out;
    CallSpans(options).of(call, [&](const Span& span) { out += described(span, call, options); });
    return out;
}

/// The lines of the second that are not in the first.
std::string added(const std::string& before, const std::string& after) {
    std::string out;
    for (std::size_t at = 0; at < after.size();) {
        const std::size_t end = after.find('\n', at) + 1;
        const std::string line = after.substr(at, end - at);
        if (before.find(line) == std::string::npos) out += line;
        at = end;
    }
    return out;
}

LlmCall traced_call() {
    LlmCall call = full_call();
    call.trace->server_span_id = {0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0, 1};
    return call;
}

LlmCall plain_call() {
    LlmCall call;
    call.trace = TraceContext{.trace_id = {1}, .span_id = {2}, .sampled = true, .server_span_id = {3}};
    call.method = "POST";
    call.path = "/openai/v1/chat/completions";
    call.route = "openai";
    call.api = "openai.chat_completions";
    call.status = 200;
    call.timings.phases[static_cast<std::size_t>(Phase::upstream_wait)] = Duration(1);
    return call;
}

TEST_SUITE("call_spans") {
    TEST_CASE("a call is a SERVER span with what HTTP says and under it a CLIENT span with what the model says") {
        const SpanOptions options{.routes = {{"anthropic", "/anthropic"}}};
        LlmCall call = traced_call();
        call.path = "/anthropic/v1/messages";
        CHECK(described(call, options) == test::contents(TOKENWEIR_SOURCE_DIR "/tests/tracing/full_call_spans.txt"));
    }

    TEST_CASE("the dialects differ in the name of cache writes and the type of top_k") {
        const std::string first = described(traced_call());
        CHECK(added(first, described(traced_call(), {.dialect = GenAiDialect::both})) ==
              "  gen_ai.usage.cache_write.input_tokens = 20\n");
        const std::string latest = described(traced_call(), {.dialect = GenAiDialect::latest});
        CHECK(added(first, latest) == "  gen_ai.request.top_k = 40\n  gen_ai.usage.cache_write.input_tokens = 20\n");
        CHECK(added(latest, first) ==
              "  gen_ai.request.top_k = 40.0\n  gen_ai.usage.cache_creation.input_tokens = 20\n");
        LlmCall huge = traced_call();
        huge.settings.top_k = 1e300;
        CHECK(described(huge, {.dialect = GenAiDialect::latest}).find("gen_ai.request.top_k = 1e+300\n") !=
              std::string::npos);
    }

    TEST_CASE("profiles add what a back end wants beside OpenTelemetry's names") {
        const std::string plain = described(traced_call());
        CHECK(added(plain, described(traced_call(), {.profiles = {TraceProfile::openinference}})) ==
              "  openinference.span.kind = 'LLM'\n"
              "  llm.model_name = 'claude-sonnet-4-5-20250929'\n"
              "  llm.provider = 'anthropic'\n"
              "  llm.system = 'anthropic'\n"
              "  llm.finish_reason = 'end_turn'\n"
              "  llm.token_count.prompt = 120\n"
              "  llm.token_count.completion = 30\n"
              "  llm.token_count.total = 150\n"
              "  llm.token_count.prompt_details.cache_read = 80\n"
              "  llm.token_count.prompt_details.cache_write = 20\n"
              "  llm.token_count.completion_details.reasoning = 10\n"
              "  llm.cost.total = 0.0123\n"
              "  input.value = text [2]\n"
              "  input.mime_type = 'application/json'\n"
              "  output.value = text [3]\n"
              "  output.mime_type = 'application/json'\n"
              "  session.id = 'conv-7'\n"
              "  user.id = 'user-9'\n");
        CHECK(added(plain, described(traced_call(), {.profiles = {TraceProfile::langfuse}})) ==
              "  langfuse.observation.type = 'generation'\n"
              "  langfuse.observation.completion_start_time = '2026-10-07T09:05:03.300042Z'\n"
              "  langfuse.observation.cost_details = '{\"total\":0.0123}'\n"
              "  langfuse.observation.level = 'ERROR'\n"
              "  langfuse.observation.status_message = 'overloaded_error'\n"
              "  langfuse.session.id = 'conv-7'\n"
              "  langfuse.user.id = 'user-9'\n"
              "  langfuse.trace.tags = ['team:search', 'feature:\"x\"']\n");
        LlmCall models = traced_call();
        models.generation = false;
        CHECK(described(models, {.profiles = {TraceProfile::openinference, TraceProfile::langfuse}}) ==
              described(models));
    }

    TEST_CASE("a call that was not sent on is a SERVER span alone, and one without a trace has none") {
        LlmCall call = plain_call();
        call.timings.phases = {};
        call.timings.phases[static_cast<std::size_t>(Phase::request_upload)] = Duration(1);
        CHECK_FALSE(went_upstream(call));
        const std::string text = described(call);
        CHECK(text.starts_with("SERVER POST /openai/v1/chat/completions 0300000000000000 under 0000000000000000\n"));
        CHECK(text.find("CLIENT") == std::string::npos);
        call.trace.reset();
        CHECK(described(call).empty());
    }

    TEST_CASE("a SERVER span fails with 5xx and broken responses, a CLIENT span with every error") {
        const struct {
            const char* what;
            int status;
            const char* error;
            const char* failed;  // SERVER, CLIENT
        } rows[] = {
            {"fine", 200, "", "00"},          {"not found", 404, "404", "01"},   {"too many", 429, "429", "01"},
            {"overloaded", 529, "529", "11"}, {"cut", 200, "truncated", "11"},   {"our own reply", 502, "dns", "11"},
            {"no status", 0, "reset", "11"},  {"a cancellation", 200, "", "00"},
        };
        CallSpans spans({});
        for (const auto& row : rows) {
            CAPTURE(row.what);
            LlmCall call = plain_call();
            call.status = row.status == 0 ? std::nullopt : std::optional(row.status);
            call.error_type = row.error;
            std::string failed;
            spans.of(call, [&](const Span& span) {
                failed += span.failed ? '1' : '0';
                const bool has_type = described(span, call, {}).find("  error.type = ") != std::string::npos;
                CHECK(has_type == span.failed);
            });
            CHECK(failed == std::string(row.failed));
        }
    }

    TEST_CASE("events stand in the order of their instants") {
        using namespace std::chrono_literals;
        LlmCall call = plain_call();
        Timings& at = call.timings;
        at.started = Instant(1s);
        at.ended = at.started + 9ms;
        at.retried = at.started + 1ms;
        at.first_byte = at.started + 2ms;
        at.first_token = at.first_stall = at.started + 3ms;
        call.outcome = Outcome::cancelled_mid_stream;
        call.gaps.add(6, 5);
        const std::string text = described(call);
        CHECK(text.substr(text.find("  at ")) ==
              "  at 1000 tokenweir.retry\n"
              "  at 2000 tokenweir.first_byte\n"
              "  at 3000 tokenweir.first_token\n"
              "  at 3000 tokenweir.stall\n"
              "    tokenweir.stalls = 1\n"
              "    tokenweir.inter_token.max = 6.0\n"
              "  at 9000 tokenweir.cancelled\n");
    }

    TEST_CASE("a method that nobody knows does not make span names") {
        LlmCall call = plain_call();
        call.method = "BREW";
        const std::string text = described(call);
        CHECK(text.starts_with("SERVER HTTP /openai/v1/chat/completions "));
        CHECK(text.find("  http.request.method = '_OTHER'\n  http.request.method_original = 'BREW'\n") !=
              std::string::npos);
    }
}

TEST_SUITE("http_route") {
    TEST_CASE("what clients choose is taken out of a path") {
        const std::vector<std::pair<std::string, std::string>> routes{{"openai", "/openai"}, {"rest", ""}};
        const struct {
            const char* route;
            const char* path;
            const char* expected;
        } rows[] = {
            {"openai", "/openai/v1/chat/completions", "/openai/v1/chat/completions"},
            {"openai", "/openai/v1/responses/resp_123/cancel", "/openai/v1/responses/{id}/cancel"},
            {"openai", "/openai/openai/deployments/my-gpt/chat/completions",
             "/openai/openai/deployments/{id}/chat/completions"},
            {"rest", "/v1beta/models/gemini-pro:streamGenerateContent", "/v1beta/models/{id}:streamGenerateContent"},
            {"rest", "/model/anthropic.claude-v2:1/invoke", "/model/{id}/invoke"},
            {"rest", "/v1/models/", "/v1/models/"},
            {"other", "/v1/models", "/v1/models"},
            {"openai", "/openai/v1/models", "/openai/v1/models"},
            {"rest", "/openai/v1/models", "/openai/v1/models"},
            {"openai", "/v2/models", "/v2/models"},
            {"", "/v1/models", ""},
        };
        HttpRoutes http_routes(routes);
        for (const auto& row : rows) {
            CAPTURE(row.path);
            LlmCall call;
            call.api = "something";
            call.route = row.route;
            call.path = row.path;
            CHECK(http_routes.of(call) == row.expected);
            CHECK(http_routes.of(call) == row.expected);  // remembered
        }
        LlmCall unknown;
        unknown.route = "openai";
        unknown.path = "/v2/models";  // as the last one
        CHECK(http_routes.of(unknown).empty());
    }
}

TEST_SUITE("call_filter") {
    TEST_CASE("what was not sampled is kept if it failed, was slow or was costly, as far as that is wanted") {
        using namespace std::chrono_literals;
        LlmCall call = plain_call();
        CHECK(becomes_spans(call, {}));
        call.trace->sampled = false;
        CHECK_FALSE(becomes_spans(call, {}));
        call.error_type = "429";
        call.timings.ended = call.timings.started + 2s;
        call.cost = 0.5;
        CHECK_FALSE(becomes_spans(call, {}));
        CHECK(becomes_spans(call, {.errors = true}));
        CHECK(becomes_spans(call, {.slower_than_seconds = 1.9}));
        CHECK_FALSE(becomes_spans(call, {.slower_than_seconds = 2}));
        CHECK(becomes_spans(call, {.costlier_than = 0.4}));
        CHECK_FALSE(becomes_spans(call, {.costlier_than = 0.5}));
        call.trace.reset();
        CHECK_FALSE(becomes_spans(call, {.errors = true}));
    }
}

}  // namespace
}  // namespace tokenweir::tracing
