#include "tracing/traceparent.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "tracing/call_traces.hpp"

namespace tokenweir::tracing {
namespace {

const std::string valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const TraceContext parsed{
    .trace_id = {0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c},
    .span_id = {},
    .parent_span_id = {0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31},
    .sampled = true};

std::string with(std::size_t at, std::string_view text) { return std::string(valid).replace(at, text.size(), text); }

template <class Id>
std::string hex(const Id& id) {
    const auto text = to_hex(id);
    return {text.begin(), text.end()};
}

TEST_SUITE("traceparent") {
    TEST_CASE("names the trace, the parent and whether it is sampled") {
        CHECK(parse_traceparent(valid) == parsed);
        TraceContext unsampled = parsed;
        unsampled.sampled = false;
        CHECK(parse_traceparent(with(53, "00")) == unsampled);
        CHECK(parse_traceparent(with(53, "fe")) == unsampled);  // unknown flags say nothing
        CHECK(hex(parsed.trace_id) == "0af7651916cd43dd8448eb211c80319c");
        CHECK(hex(parsed.parent_span_id) == "b7ad6b7169203331");
    }

    TEST_CASE("a later version is read as far as it is known") {
        CHECK(parse_traceparent(with(0, "01")) == parsed);
        CHECK(parse_traceparent(with(0, "fe") + "-more") == parsed);
        CHECK(parse_traceparent(with(0, "cc") + "-") == parsed);
        CHECK(parse_traceparent(with(0, "cc") + ".more") == std::nullopt);
    }

    TEST_CASE("anything else is not valid") {
        const std::string rows[] = {
            "",
            valid.substr(0, 54),
            valid + "-",
            valid + "-00",
            with(0, "ff"),
            with(0, "0x"),
            with(2, "_"),
            with(35, "_"),
            with(52, "_"),
            with(3, "0AF7"),
            with(36, "B7"),
            with(53, "0g"),
            with(3, "00000000000000000000000000000000"),
            with(36, "0000000000000000"),
        };
        for (const std::string& row : rows) {
            CAPTURE(row);
            CHECK(parse_traceparent(row) == std::nullopt);
        }
    }
}

TEST_SUITE("call_traces") {
    TEST_CASE("a call continues its client's trace with a span of its own") {
        const Field fields[] = {{"Host", "h"}, {"TraceParent", valid}};
        TraceContext context = CallTraces().trace_of(fields);
        CHECK(context.span_id != SpanId{});
        CHECK(context.span_id != context.parent_span_id);
        context.span_id = {};
        CHECK(context == parsed);
    }

    TEST_CASE("without one valid traceparent a sampled trace begins, and no two calls share an id") {
        const std::vector<Field> rows[] = {
            {}, {{"traceparent", "00-0"}}, {{"traceparent", valid}, {"x", "y"}, {"Traceparent", valid}}};
        std::set<std::string> ids;
        for (const auto& fields : rows)
            for (int i = 0; i < 100; ++i) {
                const TraceContext context = CallTraces().trace_of(fields);
                CHECK_FALSE(context.has_parent());
                CHECK(context.sampled);
                CHECK(ids.insert(hex(context.trace_id)).second);
                CHECK(ids.insert(hex(context.span_id)).second);
            }
    }
}

}  // namespace
}  // namespace tokenweir::tracing
