#include "tracing/traceparent.hpp"

#include <doctest/doctest.h>

#include <string>

namespace tokenweir::tracing {
namespace {

const std::string valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

const RemoteParent parsed{
    .trace_id = {0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c},
    .span_id = {0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31},
    .sampled = true};

RemoteParent with_flags(bool sampled, bool random) {
    RemoteParent parent = parsed;
    parent.sampled = sampled;
    parent.random = random;
    return parent;
}

std::string with(std::size_t at, std::string_view text) { return std::string(valid).replace(at, text.size(), text); }

TEST_SUITE("traceparent") {
    TEST_CASE("names the trace, the parent and two flags; other flags say nothing") {
        CHECK(parse_traceparent(valid) == parsed);
        CHECK(parse_traceparent(with(53, "00")) == with_flags(false, false));
        CHECK(parse_traceparent(with(53, "02")) == with_flags(false, true));
        CHECK(parse_traceparent(with(53, "03")) == with_flags(true, true));
        CHECK(parse_traceparent(with(53, "fc")) == with_flags(false, false));
        CHECK(parse_traceparent(with(53, "ff")) == with_flags(true, true));
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

    TEST_CASE("is written in version 00, with the call's own span") {
        const TraceContext context{.trace_id = parsed.trace_id, .span_id = parsed.span_id, .sampled = true};
        const auto written = [](TraceContext from) {
            std::string out;
            append_traceparent(out, from);
            return out;
        };
        CHECK(written(context) == valid);
        TraceContext random = context;
        random.random = true;
        CHECK(written(random) == with(53, "03"));
        random.sampled = false;
        CHECK(written(random) == with(53, "02"));
    }
}

}  // namespace
}  // namespace tokenweir::tracing
