#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/scarce_memory.hpp"
#include "tests/tracing/full_call.hpp"
#include "tests/tracing/temp_dir.hpp"
#include "tracing/evaluation_record.hpp"
#include "tracing/export_format.hpp"
#include "tracing/http_route.hpp"
#include "tracing/spool.hpp"

namespace tokenweir::tracing {
namespace {

/// Lets each allocation of `append` fail in turn: that ends in std::bad_alloc, or it could do without. How many did.
std::size_t failures_of(const std::function<void(std::string&)>& append) {
    std::string expected;
    append(expected);
    for (std::size_t n = 0, failures = 0;; ++n) {
        std::string out;
        const test::ScarceMemory scarce(n);
        try {
            append(out);
            if (scarce.was_short()) continue;
        } catch (const std::bad_alloc&) {
            ++failures;
            continue;
        }
        return out == expected ? failures : 0;
    }
}

LlmCall call_with_much() {
    LlmCall call = test::full_call();
    call.user_agent = "\xff" + std::string(900, '\n');
    call.tags.push_back({std::string(300, '\n'), "\xff"});
    call.content.emplace();
    call.content->input_messages = R"([{"role":"user","parts":[{"type":"text","content":"hello"}]}])";
    call.error_type = "timeout";
    return call;
}

TEST_SUITE("scarcity") {
    TEST_CASE("a line of the call log that there is no memory for is not written, and nothing else happens") {
        const LlmCall call = call_with_much();
        CHECK(failures_of([&](std::string& out) { append_record_json(out, call); }) > 0);
        const Evaluation evaluation{.name = "n", .label = std::string(500, '\n'), .call = evaluated(call)};
        CHECK(failures_of([&](std::string& out) { append_evaluation_json(out, evaluation); }) > 0);
    }

    TEST_CASE("neither is a record for a back end, in any format") {
        const LlmCall call = call_with_much();
        const FormatOptions options{.spans = {.profiles = {TraceProfile::openinference, TraceProfile::langfuse}}};
        for (const auto& make : std::vector<std::function<std::unique_ptr<ExportFormat>()>>{
                 [&] { return otlp_protobuf(OtlpSignal::traces, options); },
                 [&] { return otlp_protobuf(OtlpSignal::logs, options); },
                 [&] { return otlp_json(OtlpSignal::traces, options); },
                 [&] { return otlp_json(OtlpSignal::logs, options); }, [&] { return zipkin_json(options); }})
            CHECK(failures_of([&](std::string& out) {
                      Protobuf pieces;
                      make()->append(pieces, call);
                      out = pieces.bytes();
                  }) > 0);
    }

    TEST_CASE("what was spooled is removed without memory") {
        const test::TempDir directory;
        Spool spool(directory / "a directory whose name does not fit into a short string", 1000);
        CHECK(spool.store({.content_type = "application/json", .head = "x"}, 1) == Spool::Stored::yes);
        {
            const test::ScarceMemory scarce(0);
            spool.pop();
            CHECK_FALSE(scarce.was_short());
        }
        CHECK(spool.empty());
        CHECK(spool.records() == 0);
    }

    TEST_CASE("a route that there was no memory for is not taken for another one") {
        const HttpRoutes::Routes routes{{"openai", "/openai"}};
        LlmCall call;
        call.api = "something";
        call.route = "openai";
        for (std::size_t n = 0;; ++n) {
            HttpRoutes http_routes(routes);
            call.path = "/openai/v1/chat/completions";
            CHECK(http_routes.of(call) == "/openai/v1/chat/completions");
            call.path = "/openai/v1/models/" + std::string(100, 'x');
            bool was_short = false;
            try {
                const test::ScarceMemory scarce(n);
                http_routes.of(call);
                was_short = scarce.was_short();
            } catch (const std::bad_alloc&) {
                was_short = true;
            }
            for (const auto& [path, expected] :
                 {std::pair("", ""), std::pair("/openai/v1/models", "/openai/v1/models")}) {
                call.path = path;
                CHECK(http_routes.of(call) == expected);
            }
            if (!was_short) break;
        }
    }
}

}  // namespace
}  // namespace tokenweir::tracing
