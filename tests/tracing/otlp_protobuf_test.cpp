#include "tracing/otlp_protobuf.hpp"
#include "tests/tracing/back_end.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tracing/hex.hpp"

namespace tokenweir::tracing {
namespace {

constexpr TraceId trace_id{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
constexpr SpanId span_id{0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18};
constexpr SpanId parent_id{0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28};

std::string bytes(std::string_view hex) {
    std::string out;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        out += static_cast<char>(hex_digit(hex[i]) * 16 + hex_digit(hex[i + 1]));
    return out;
}

/// `add` is given the OtlpSpan.
std::string span_with(const auto& add, const Span& span = {.trace_id = trace_id, .span_id = span_id}) {
    Protobuf out;
    {
        OtlpSpan written(out, span);
        add(written);
        written.end(span);
    }
    return std::string(out.bytes());
}

std::string log_record_with(const auto& add, const LogRecord& record) {
    Protobuf out;
    {
        OtlpLogRecord written(out, record);
        add(written.attributes());
        written.end(record);
    }
    return std::string(out.bytes());
}

std::string request_of(const FormatOptions& options, std::string_view schema_url, std::string_view scope_items) {
    Payload payload;
    OtlpRequest(options, schema_url).enclose(payload, scope_items);
    return test::body_of(payload);
}

TEST_SUITE("otlp_protobuf") {
    TEST_CASE("spans are written as protoc writes them") {
        const std::vector<std::string> reasons{"stop"};
        const Span span{.trace_id = trace_id,
                        .span_id = span_id,
                        .parent_span_id = parent_id,
                        .parent_is_remote = true,
                        .sampled = true,
                        .name = {"chat", "m"},
                        .kind = SpanKind::client,
                        .start = 1,
                        .end = 2,
                        .failed = true,
                        .status_message = "x"};
        const std::string spans = span_with(
            [&](OtlpSpan& written) {
                written.attributes().integer("gen_ai.usage.input_tokens", 300);
                written.attributes().number("gen_ai.request.temperature", 0.5);
                written.attributes().boolean("gen_ai.request.stream", true);
                written.attributes().texts("gen_ai.response.finish_reasons", reasons);
                written.event({.time = 3, .name = "e"});
            },
            span);
        const FormatOptions options{.resource = {{"service.name", "p"}}, .scope_name = "s", .scope_version = "1"};
        CHECK(
            request_of(options, "", spans) ==
            bytes(
                "0a98020a150a130a0c736572766963652e6e616d6512030a017012fe010a060a017312013112f3010a10010203040506070809"
                "0a0b0c0d0e0f1012081112131415161718220821222324252627282a0663686174206d3003390100000000000000410200"
                "0000000000004a200a1967656e5f61692e75736167652e696e7075745f746f6b656e73120318ac024a270a1a67656e5f61"
                "692e726571756573742e74656d7065726174757265120921000000000000e03f4a1b0a1567656e5f61692e726571756573"
                "742e73747265616d120210014a2c0a1e67656e5f61692e726573706f6e73652e66696e6973685f726561736f6e73120a2a"
                "080a060a0473746f705a0c0903000000000000001201657a051201781802850101030000"));
    }

    TEST_CASE("log records are written as protoc writes them") {
        const TraceContext trace{.trace_id = trace_id, .span_id = span_id, .sampled = true};
        const LogRecord record{.time = 1,
                               .observed = 2,
                               .severity_number = 13,
                               .severity_text = "WARN",
                               .event_name = "gen_ai.client.operation.exception",
                               .body = "b",
                               .trace = &trace};
        const auto add = [](AttributeSink& attributes) { attributes.integer("k", -1); };
        CHECK(log_record_with(add, record) ==
              bytes("1275090100000000000000100d1a045741524e2a030a016232100a016b120b18ffffffffffffffffff0145010000004a"
                    "100102030405060708090a0b0c0d0e0f1052081112131415161718590200000000000000622167656e5f61692e636c69"
                    "656e742e6f7065726174696f6e2e657863657074696f6e"));
    }

    TEST_CASE("a JSON text is a structure on a log record, and the text itself on a span") {
        const char* json = R"([{"a":"b","n":1,"t":true,"d":0.5,"x":null}])";
        const auto add = [&](AttributeSink& attributes) { attributes.json("k", json); };
        CHECK(log_record_with(add, {}).find(
                  bytes("0a016b12392a370a3532330a080a016112030a01620a070a016e120218010a070a0174120210010a0e0a01641209"
                        "21000000000000e03f0a050a01781200")) != std::string::npos);
        const auto add_text = [&](OtlpSpan& written) { written.attributes().add({"k"}, JsonText{json, true}); };
        CHECK(span_with(add_text).find(json) != std::string::npos);
    }

    TEST_CASE("a text is the same attribute whether its key is known or not, however long it is") {
        for (std::size_t size = 0; size < 300; ++size)
            for (const char last : {'x', '\xff'}) {
                CAPTURE(size);
                const std::string value = std::string(size, 'x') + last;
                const auto known = [&](OtlpAttributes& attributes) { attributes.text("some.key", value); };
                const auto other = [&](OtlpAttributes& attributes) {
                    attributes.add({"some.", "key"}, std::string_view(value));
                };
                CHECK((log_record_with(known, {}) == log_record_with(other, {})));
            }
    }

    TEST_CASE("metrics are written as protoc writes them") {
        const Metric histogram{
            .name = "h",
            .unit = "s",
            .kind = Metric::Kind::histogram,
            .bounds = {1},
            .points = {{.attributes = {{"k", "v"}},
                        .value = 1.5,
                        .bucket_counts = {1, 2},
                        .exemplars = {{.trace_id = trace_id, .span_id = span_id, .value = 1, .time = 2}}}}};
        const Metric sum{.name = "c", .description = "d", .kind = Metric::Kind::sum, .points = {{.value = 7}}};
        const Metric gauge{
            .name = "g", .kind = Metric::Kind::gauge, .points = {{.attributes = {{"k", "v"}, {"l", ""}}}}};
        Protobuf metrics;
        for (const Metric& metric : {histogram, sum, gauge})
            append_otlp_metric(metrics, metric, {.start = 1, .time = 2});
        const FormatOptions options{.resource = {{"service.name", "p"}}, .scope_name = "s", .scope_version = "1"};
        CHECK(
            request_of(options, "u", metrics.bytes()) ==
            bytes("0a87020a150a130a0c736572766963652e6e616d6512030a017012ed010a060a01731201311286010a01681a01734a7e0a7a"
                  "11010000000000000019020000000000000021030000000000000029000000000000f83f3210010000000000000002000000"
                  "000000003a08000000000000f03f422e11009435770000000019000000000000f03f220811121314151617182a1001020304"
                  "05060708090a0b0c0d0e0f104a080a016b12030a0176100212290a01631201643a210a1b1101000000000000001902000000"
                  "00000000210000000000001c4010021801122c0a01672a270a251902000000000000002100000000000000003a080a016b12"
                  "030a01763a070a016c12020a001a0175"));
    }

    TEST_CASE("text that is not UTF-8 is mended, because back ends refuse a whole batch for it") {
        const std::vector<std::string> list{"fine \xC3\xA9", "l\xff"};
        const std::string spans = span_with(
            [&](OtlpSpan& written) {
                written.attributes().text("", "k\xc3", "\xe2\x82");
                written.attributes().texts("list", list);
            },
            {.trace_id = trace_id, .span_id = span_id, .name = {"a\xff", "\xff"}});
        CHECK(spans.find("a\xEF\xBF\xBD") != std::string::npos);
        CHECK(spans.find("k\xEF\xBF\xBD") != std::string::npos);
        CHECK(spans.find("fine \xC3\xA9") != std::string::npos);
        CHECK(spans.find("l\xEF\xBF\xBD") != std::string::npos);
        CHECK(spans.find('\xff') == std::string::npos);
    }

    TEST_CASE("a partial success says how much was rejected, and why") {
        CHECK(read_otlp_response("") == PartialSuccess{});
        CHECK(read_otlp_response(bytes("0a020802")) == PartialSuccess{.rejected = 2});
        CHECK(read_otlp_response(bytes("0a06080112026e6f")) == PartialSuccess{.rejected = 1, .message = "no"});
        CHECK(read_otlp_response(bytes("1203616263")) == PartialSuccess{});  // a field of later versions
        CHECK(read_otlp_response("not protobuf at all") == PartialSuccess{});
        CHECK(read_otlp_response(bytes("0a0608")) == PartialSuccess{});
    }

    TEST_CASE("an answer whose fields have other types than they should have rejects nothing") {
        CHECK(read_otlp_response(bytes("0801")) == PartialSuccess{});
        CHECK(read_otlp_response(bytes("0a020a00")) == PartialSuccess{});
        CHECK(read_otlp_response(bytes("0a021001")) == PartialSuccess{});
        CHECK(read_otlp_response(bytes("0a0908010d01020304")) == PartialSuccess{});
        CHECK(read_otlp_response(bytes("0a0408020d0102030408")) == PartialSuccess{});
    }
}

}  // namespace
}  // namespace tokenweir::tracing
