#include "tracing/record_json.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/tracing/full_call.hpp"

namespace tokenweir::tracing {
namespace {

/// The value of a key, as it is written; empty: there is no such key.
std::string member(const LlmCall& call, const std::string& key) {
    const std::string record = test::record_of(call);
    const auto at = record.find("\"" + key + "\":");
    if (at == std::string::npos) return {};
    const auto from = at + key.size() + 3;
    return record.substr(from, record.find_first_of(",}", from) - from);
}

/// A key as the page spells it: what somebody else names, and what repeats per resource, is a star.
std::string documented(std::string key) {
    if (key.starts_with("tokenweir.units.")) return "tokenweir.units.*";
    if (key.starts_with("tokenweir.tags.")) return "tokenweir.tags.*";
    if (key.starts_with("tokenweir.quota.")) return "tokenweir.quota.*" + key.substr(key.rfind('.'));
    return key;
}

void add_once(std::vector<std::string>& keys, const std::string& key) {
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
}

TEST_SUITE("record_json") {
    TEST_CASE("says everything of a call of which the wire said everything") {
        CHECK(
            test::record_of(test::full_call()) ==
            R"({"time":"2026-10-07T09:05:03.000042Z","tokenweir.call.id":"0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6",)"
            R"("trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331",)"
            R"("parent_span_id":"0001020304050607",)"
            R"("tokenweir.route":"anthropic","server.address":"api.anthropic.com","server.port":443,)"
            R"("client.address":"192.0.2.7","user_agent.original":"sdk/1.0","http.request.method":"POST",)"
            R"("url.path":"/v1/messages","http.response.status_code":200,"gen_ai.operation.name":"chat",)"
            R"("gen_ai.provider.name":"anthropic","tokenweir.api":"anthropic.messages",)"
            R"("gen_ai.request.model":"claude-sonnet-4-5","gen_ai.response.model":"claude-sonnet-4-5-20250929",)"
            R"("gen_ai.response.id":"msg_01","gen_ai.request.stream":true,"tokenweir.response.streamed":true,)"
            R"("gen_ai.conversation.id":"conv-7","tokenweir.api_key.hash":"9f86d081","enduser.id":"user-9",)"
            R"("tokenweir.tags.team":"search","tokenweir.tags.feature":"\"x\"","tokenweir.context_dropped":2,)"
            R"("tokenweir.client.retry_count":0,)"
            R"("tokenweir.client.timeout":600,)"
            R"("tokenweir.quota.requests.limit":50,"tokenweir.quota.requests.remaining":49,)"
            R"("tokenweir.quota.requests.reset":1.5,"tokenweir.quota.tokens.limit":100000,)"
            R"("tokenweir.quota.tokens.remaining":98000,"tokenweir.quota.tokens.reset":60,)"
            R"("tokenweir.quota.input_tokens.limit":80000,"tokenweir.quota.input_tokens.remaining":79000,)"
            R"("tokenweir.quota.input_tokens.reset":0,"tokenweir.quota.output_tokens.limit":20000,)"
            R"("tokenweir.quota.output_tokens.remaining":19000,"tokenweir.quota.output_tokens.reset":0.25,)"
            R"("tokenweir.quota.unified_5h.limit":1,"tokenweir.quota.unified_5h.remaining":0.58,)"
            R"("tokenweir.quota.unified_5h.reset":3600,"tokenweir.quota.unified_7d.limit":1,)"
            R"("tokenweir.quota.unified_7d.remaining":0.9,"tokenweir.quota.unified_7d.reset":86400,)"
            R"("tokenweir.retry_after":7.5,)"
            R"("gen_ai.request.max_tokens":1024,"gen_ai.request.temperature":0.7,"gen_ai.request.top_p":1,)"
            R"("gen_ai.request.top_k":40,"gen_ai.request.seed":42,"gen_ai.request.choice.count":2,)"
            R"("gen_ai.request.stop_sequences":["END","\n\n"],"gen_ai.request.frequency_penalty":-0.5,)"
            R"("gen_ai.request.presence_penalty":0,"gen_ai.output.type":"json",)"
            R"("gen_ai.request.reasoning.level":"high","tokenweir.request.messages":3,"tokenweir.request.tools":1,)"
            R"("gen_ai.usage.input_tokens":120,"gen_ai.usage.output_tokens":30,)"
            R"("gen_ai.usage.cache_read.input_tokens":80,"gen_ai.usage.cache_creation.input_tokens":20,)"
            R"("tokenweir.usage.cache_creation_1h.input_tokens":15,)"
            R"("gen_ai.usage.reasoning.output_tokens":10,"tokenweir.usage.audio.input_tokens":9,)"
            R"("tokenweir.usage.audio.cache_read.input_tokens":8,"tokenweir.usage.audio.output_tokens":6,)"
            R"("tokenweir.usage.image.input_tokens":7,"tokenweir.usage.image.output_tokens":5,)"
            R"("tokenweir.usage.source":"reported",)"
            R"("tokenweir.units.search_units":1,"tokenweir.units.audio_seconds":2.5,)"
            R"("tokenweir.service_tier":"priority","gen_ai.usage.cost":0.0123,"tokenweir.cost.source":"catalogue",)"
            R"("gen_ai.response.finish_reasons":["end_turn","tool_use"],"tokenweir.tool_calls":2,)"
            R"("tokenweir.server_tool_calls":1,"tokenweir.outcome":"stream_error","error.type":"overloaded_error",)"
            R"("tokenweir.refusal":"too many fields",)"
            R"("tokenweir.error.provider_type":"overloaded_error","tokenweir.error.provider_code":"529",)"
            R"("tokenweir.decoding":"over_limit",)"
            R"("gen_ai.system_instructions":[1],"gen_ai.input.messages":[2],"gen_ai.output.messages":[3],)"
            R"("gen_ai.tool.definitions":[4],"tokenweir.content.truncated":true,"tokenweir.content.omitted":5,)"
            R"("tokenweir.content.redactions":6,"tokenweir.duration":2.000000001,)"
            R"("tokenweir.time_to_first_byte":0.25,"tokenweir.time_to_first_token":0.3,)"
            R"("tokenweir.time_to_first_answer":1,"tokenweir.first_token.kind":"reasoning",)"
            R"("tokenweir.output_events":3,"tokenweir.inter_token.p50":0.64,"tokenweir.inter_token.p99":0.6988,)"
            R"("tokenweir.inter_token.max":0.7,"tokenweir.stalls":1,"tokenweir.phase.request_upload":0.00001,)"
            R"("tokenweir.phase.dns":0.00003,"tokenweir.phase.connect":0.00004,)"
            R"("tokenweir.phase.tls":0.00005,"tokenweir.phase.upstream_wait":0.25,"tokenweir.phase.generation":1.749,)"
            R"("tokenweir.phase.client_backpressure":0,"tokenweir.overhead":0.000870001,)"
            R"("http.request.body.size":1234,"http.response.body.size":56789})");
    }

    TEST_CASE("has no key for what the wire did not say") {
        CHECK(test::record_of(LlmCall{}) ==
              R"({"time":"1970-01-01T00:00:00.000000Z","tokenweir.api":"unknown","tokenweir.outcome":"ok",)"
              R"("tokenweir.duration":0,"tokenweir.overhead":0})");
    }

    TEST_CASE("a method that nobody knows is another one, and is told beside it") {
        LlmCall call;
        call.method = "BREW";
        CHECK(test::record_of(call) ==
              R"({"time":"1970-01-01T00:00:00.000000Z","http.request.method":"_OTHER",)"
              R"("http.request.method_original":"BREW","tokenweir.api":"unknown","tokenweir.outcome":"ok",)"
              R"("tokenweir.duration":0,"tokenweir.overhead":0})");
    }

    TEST_CASE("a trace that begins with the call has no parent") {
        LlmCall call;
        call.trace.emplace();
        CHECK(member(call, "span_id") == R"("0000000000000000")");
        CHECK(member(call, "parent_span_id").empty());
    }

    TEST_CASE("says that usage is missing only of a call that should have had it") {
        struct Row {
            const char* name;
            bool generation;
            Outcome outcome;
            std::uint64_t output_events;
            UsageSource source;
            const char* expected;
        };
        const Row rows[] = {
            {"a complete generation", true, Outcome::ok, 0, UsageSource::missing, R"("missing")"},
            {"a generation cut in the middle", true, Outcome::truncated, 3, UsageSource::missing, R"("missing")"},
            {"a refused generation", true, Outcome::rate_limited, 0, UsageSource::missing, ""},
            {"a list of models", false, Outcome::ok, 0, UsageSource::missing, ""},
            {"a count of tokens", false, Outcome::ok, 0, UsageSource::reported, R"("reported")"},
            {"a cancelled stream", true, Outcome::cancelled_mid_stream, 3, UsageSource::partial, R"("partial")"},
            {"an estimate", true, Outcome::ok, 3, UsageSource::estimated, R"("estimated")"},
        };
        for (const Row& row : rows) {
            CAPTURE(row.name);
            LlmCall call;
            call.generation = row.generation;
            call.outcome = row.outcome;
            call.output_events = row.output_events;
            call.usage.source = row.source;
            CHECK(member(call, "tokenweir.usage.source") == row.expected);
        }
    }

    TEST_CASE("says that a stream was asked for only if it was, and whether one came only if a response did") {
        LlmCall call;
        call.settings.stream = false;
        CHECK(member(call, "gen_ai.request.stream").empty());
        CHECK(member(call, "tokenweir.response.streamed").empty());
        call.settings.stream = true;
        call.status = 400;
        CHECK(member(call, "gen_ai.request.stream") == "true");
        CHECK(member(call, "tokenweir.response.streamed") == "false");
    }

    TEST_CASE("keeps what a stranger chose on its own line and inside its string") {
        LlmCall call;
        call.request_model = "m\"},\n{\"tokenweir.outcome\":\"ok\xFF";
        const std::string record = test::record_of(call);
        CHECK(record.find('\n') == std::string::npos);
        CHECK(record.find("\"gen_ai.request.model\":\"m\\\"},\\n{\\\"tokenweir.outcome\\\":\\\"ok\xEF\xBF\xBD\",") !=
              std::string::npos);
    }

    TEST_CASE("docs/call-log.md lists exactly the keys of a record and their order") {
        std::vector<std::string> written, listed;
        LlmCall call = test::full_call();
        call.method = "BREW";
        const std::string record = test::record_of(call);
        for (std::size_t at = 0; (at = record.find("\":", at)) != std::string::npos; ++at) {
            const std::size_t open = record.rfind('"', at - 1);
            add_once(written, documented(record.substr(open + 1, at - open - 1)));
        }
        std::ifstream page(TOKENWEIR_SOURCE_DIR "/docs/call-log.md");
        for (std::string line; std::getline(page, line);)
            if (line.starts_with("| `")) listed.push_back(line.substr(3, line.find('`', 3) - 3));
        const auto outcome = std::ranges::find(listed, "ok");  // the table of outcomes comes after the keys
        const std::vector<std::string> outcomes(outcome, listed.end());
        listed.erase(outcome, listed.end());
        CHECK(written == listed);
        CHECK(std::ranges::equal(outcomes, outcome_names));
    }
}

}  // namespace
}  // namespace tokenweir::tracing
