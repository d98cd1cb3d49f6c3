// What the observer does with bodies that are coded, damaged, mislabelled or too large.
#include <doctest/doctest.h>

#include "tests/parsers/chat_events.hpp"
#include "tests/parsers/encoders.hpp"

using namespace tokenweir;
using namespace tokenweir::parsers;
using namespace tokenweir::test;
using namespace std::chrono_literals;

TEST_SUITE("call_observer on damage") {
    TEST_CASE("the first byte tells a stream from a document when the content type does not") {
        struct Row {
            const char* type;
            std::string body;
            bool streamed;
            const char* outcome;
            Decoding decoding;
        };
        const Row rows[] = {
            {"application/json", joined({text("a"), done}), true, "ok", Decoding::complete},
            {"", ": hello\n\n" + text("a") + done, true, "ok", Decoding::complete},
            {"text/event-stream", "\n\n" + text("a") + done, true, "ok", Decoding::complete},
            {"text/event-stream", "\xEF\xBB\xBF" + text("a") + done, true, "ok", Decoding::complete},
            {"text/event-stream", R"({"choices":[]})", false, "ok", Decoding::complete},
            {"text/event-stream", R"({"error":{"type":"server_error"}})", false, "stream_error", Decoding::complete},
            {"text/event-stream", "", true, "truncated", Decoding::complete},
            {"text/html", "<html>", false, "ok", Decoding::malformed},
            {"application/json", "{oops}", false, "ok", Decoding::malformed},
        };
        for (const Row& row : rows) {
            CAPTURE(row.type);
            CAPTURE(row.body);
            Told told = streamed({row.body});
            if (row.body.empty()) told.pieces.clear();
            told.response_fields = {{"content-type", row.type}};
            const LlmCall call = observe(told);
            CHECK(call.response_streamed == row.streamed);
            CHECK(outcome(call) == row.outcome);
            CHECK(name_of(call.decoding) == name_of(row.decoding));
        }
    }

    TEST_CASE("reads compressed bodies of both directions whatever is held back until the end") {
        const std::string request = R"({"messages":[{},{}],"model":"packed","stream":true})";
        for (const Coding& coding : codings) {
            CAPTURE(coding.name);
            const auto encoder = coding.encoder();
            Told told;
            told.request_fields = {{"content-encoding", coding.field}};
            told.request = coding.encoder()->all(request);
            told.response_fields.push_back({"content-encoding", coding.field});
            for (const std::string& event : {role, text("a"), text("b"), finish, usage, done})
                told.pieces.push_back(encoder->flush(event));
            told.pieces.push_back(encoder->finish());
            const LlmCall call = observe(told);
            CHECK(call.request_model == "packed");
            CHECK(call.settings.messages == 2);
            CHECK(call.timings.first_token == at(30ms));
            CHECK(call.output_events == 2);
            CHECK(call.usage.output == 2);
            CHECK(call.outcome == Outcome::ok);
            CHECK(call.decoding == Decoding::complete);
        }
    }

    TEST_CASE("a compressed body that ends with the connection is truncated wherever it is cut") {
        const std::string body = R"({"choices":[],"usage":{"prompt_tokens":3}})";
        for (const Coding& coding : codings) {
            CAPTURE(coding.name);
            const std::string packed = coding.encoder()->all(body);
            for (const std::size_t kept : {std::size_t{2}, packed.size() / 2, packed.size()}) {
                CAPTURE(kept);
                Told told = streamed({packed.substr(0, kept)});
                told.response_fields = {{"content-type", "application/json"}, {"content-encoding", coding.field}};
                CHECK(outcome(observe(told)) == (kept == packed.size() ? "ok" : "truncated"));
            }
        }
    }

    TEST_CASE("what cannot be decoded is said and never called truncated") {
        const auto damaged = [](std::string_view coding, std::string body) {
            Told told = streamed({std::move(body)});
            told.response_fields.push_back({"content-encoding", coding});
            return observe(told);
        };
        CHECK(damaged("gzip", "not gzip at all").decoding == Decoding::malformed);
        CHECK(damaged("gzip", "not gzip at all").outcome == Outcome::ok);
        CHECK(damaged("snappy", "x").decoding == Decoding::unknown_coding);
        CHECK(damaged("snappy", "x").outcome == Outcome::ok);

        Told told = streamed({codings[0].encoder()->all(std::string(2 << 20, ' ') + done)});
        told.response_fields.push_back({"content-encoding", "gzip"});
        CHECK(observe(told).decoding == Decoding::over_limit);
        CHECK(observe(told).outcome == Outcome::ok);
        told.end = EndCause::client_gone;
        CHECK(observe(told).outcome == Outcome::cancelled_mid_stream);  // bytes came that nobody could look into
    }

    TEST_CASE("a request that cannot be read does not keep the response from being read") {
        for (const std::string& request : {std::string("no json"), std::string("[]")}) {
            Told told = streamed({text("a"), finish, usage, done});
            told.request = request;
            const LlmCall call = observe(told);
            CHECK(call.decoding == Decoding::malformed);
            CHECK(call.usage.output == 2);
        }
        Told cut_short = streamed({text("a")});
        cut_short.request = "no json";
        CHECK(observe(cut_short).outcome == Outcome::truncated);
    }

    TEST_CASE("an event that is not JSON is passed over and said; those after it count") {
        const LlmCall call = observe(streamed({text("a"), "data: {oops\n\n", text("b"), finish, usage, done}));
        CHECK(call.decoding == Decoding::malformed);
        CHECK(call.output_events == 2);
        CHECK(call.usage.output == 2);
        CHECK(call.outcome == Outcome::ok);
        CHECK(observe(streamed({text("a"), "data: {oops\n\n"})).outcome == Outcome::ok);  // who knows what it said
        CHECK(observe(streamed({text("a"), "event: ping\ndata:\n\n", done})).decoding == Decoding::complete);
    }

    TEST_CASE("usage is final when the format says so, or the call is whole and none of it was missed") {
        const std::string start =
            "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n";
        const std::string last =
            "data: "
            "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":7}}\n\n";
        const std::string stop = "data: {\"type\":\"message_stop\"}\n\n";
        const std::string oops = "data: {oops\n\n";
        const std::string large = "data: \"" + std::string(1 << 16, 'x') + "\"\n\n";
        const std::string so_far = chunk(R"("content":"a")", R"(,"usage":{"prompt_tokens":3,"completion_tokens":1})");
        struct Row {
            const char* name;
            const char* path;
            std::vector<std::string> pieces;
            UsageSource source;
            EndCause end = EndCause::complete;
        };
        const auto messages = "/v1/messages", chat = "/v1/chat/completions";
        const Row rows[] = {
            {"all of a message", messages, {start, last, stop}, UsageSource::reported},
            {"a message that tells at its start alone", messages, {start, stop}, UsageSource::reported},
            {"damage before the last figure", messages, {start, oops, last, stop}, UsageSource::reported},
            {"damage instead of the last figure", messages, {start, oops, stop}, UsageSource::partial},
            {"too large before the last figure", messages, {start, large, last, stop}, UsageSource::partial},
            {"too large behind the last figure", messages, {start, last, large, stop}, UsageSource::reported},
            {"cut before the last figure", messages, {start}, UsageSource::partial},
            {"cut behind the last figure", messages, {start, last}, UsageSource::reported},
            {"left behind the last figure", messages, {start, last}, UsageSource::reported, EndCause::client_gone},
            {"all of a completion", chat, {text("a"), finish, usage, done}, UsageSource::reported},
            {"a completion that tells all the while", chat, {so_far, so_far, finish, done}, UsageSource::reported},
            {"damage before the usage", chat, {oops, finish, usage, done}, UsageSource::reported},
            {"damage behind a figure on the way", chat, {so_far, oops, finish, done}, UsageSource::partial},
            {"too large behind a figure on the way", chat, {so_far, large, finish, done}, UsageSource::partial},
            {"left at a figure on the way", chat, {so_far}, UsageSource::partial, EndCause::client_gone},
            {"a document", chat, {R"({"choices":[],"usage":{"prompt_tokens":3}})"}, UsageSource::reported},
            {"a document that breaks off",
             chat,
             {R"({"usage":{"prompt_tokens":3},"choices":[{})"},
             UsageSource::partial},
        };
        for (const Row& row : rows) {
            CAPTURE(row.name);
            Told told = streamed(row.pieces, row.end);
            told.path = row.path;
            told.options.max_event_bytes = 1 << 12;
            CHECK(name_of(observe(told).usage.source) == name_of(row.source));
        }
    }

    TEST_CASE("an event up to the limit is read and one byte more stops decoding") {
        for (const std::size_t over : {0U, 1U}) {
            Told told = streamed({text("a"), text(std::string(2 << 20, 'x')), done});
            told.options.max_event_bytes = text("").size() - std::string_view("data: \n\n").size() + (2 << 20) - over;
            const LlmCall call = observe(told);
            CHECK(call.output_events == 2 - over);
            CHECK(call.decoding == (over == 0 ? Decoding::complete : Decoding::over_limit));
            CHECK(call.outcome == Outcome::ok);
        }
    }

    TEST_CASE("a document up to the limit is read and one byte more is not") {
        const std::string body = R"({"usage":{"prompt_tokens":3},"choices":[]})";
        for (const std::size_t over : {0U, 1U}) {
            Told told = streamed({body.substr(0, 7), body.substr(7)});
            told.response_fields = {{"content-type", "application/json"}};
            told.options.max_event_bytes = body.size() - over;
            const LlmCall call = observe(told);
            CHECK(call.usage.input.has_value() == (over == 0));
            CHECK(call.decoding == (over == 0 ? Decoding::complete : Decoding::over_limit));
        }
    }

    TEST_CASE("an error body is kept up to 64 KiB") {
        for (const std::size_t over : {0U, 1U}) {
            std::string body = R"({"error":{"type":"t","message":"")";
            body.insert(body.size() - 1, std::string((64 << 10) + over - body.size() - 2, 'm'));
            Told told = streamed({body + "}}"});
            told.status = 500;
            const LlmCall call = observe(told);
            CHECK(call.provider_error_type == (over == 0 ? "t" : ""));
            CHECK(call.decoding == (over == 0 ? Decoding::complete : Decoding::over_limit));
        }
    }

    TEST_CASE("observation that is off still records heads and sizes and outcomes") {
        Told told = streamed({text("a"), finish, usage, done});
        told.options.decode = false;
        const LlmCall call = observe(told);
        CHECK(call.decoding == Decoding::off);
        CHECK(call.api == "openai.chat_completions");
        CHECK(call.request_model.empty());
        CHECK(call.output_events == 0);
        CHECK(call.response_streamed);
        CHECK(call.response_body_bytes == joined(told.pieces).size());
        CHECK(outcome(call) == "ok");
    }
}
