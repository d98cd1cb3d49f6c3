#include "tracing/evaluation_record.hpp"

#include <doctest/doctest.h>

#include <memory>

#include "observation/evaluation.hpp"
#include "tests/tracing/attribute_lines.hpp"
#include "tests/tracing/full_call.hpp"
#include "tests/tracing/temp_dir.hpp"
#include "tracing/call_log.hpp"
#include "tracing/export_format.hpp"

namespace tokenweir::tracing {
namespace {

Evaluation full_evaluation() {
    return {.time = WallTime(std::chrono::milliseconds(1'800'000'000'123)),
            .source = EvaluationSource::feedback,
            .name = "helpfulness",
            .score = 0.25,
            .label = "bad",
            .explanation = "said \"no\"\n",
            .call = evaluated(test::full_call())};
}

std::string json_of(const Evaluation& evaluation) {
    std::string out;
    append_evaluation_json(out, evaluation);
    return out;
}

TEST_SUITE("evaluation_record") {
    TEST_CASE("a line has the call's ids and names, and what was said of it") {
        CHECK(json_of(full_evaluation()) ==
              R"({"time":"2027-01-15T08:00:00.123000Z","event.name":"gen_ai.evaluation.result",)"
              R"("trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331",)"
              R"("tokenweir.call.id":"0192f0c1-2b3c-7d4e-8f90-a1b2c3d4e5f6","tokenweir.route":"anthropic",)"
              R"("gen_ai.operation.name":"chat","gen_ai.provider.name":"anthropic",)"
              R"("gen_ai.request.model":"claude-sonnet-4-5","gen_ai.response.id":")" +
                  test::full_call().response_id +
                  R"(","gen_ai.evaluation.name":"helpfulness","gen_ai.evaluation.score.value":0.25,)"
                  R"("gen_ai.evaluation.score.label":"bad","gen_ai.evaluation.explanation":"said \"no\"\n",)"
                  R"("tokenweir.evaluation.source":"feedback"})");
    }

    TEST_CASE("what is not known has no key") {
        CHECK(json_of({.source = EvaluationSource::implicit, .name = "n", .score = 0}) ==
              R"({"time":"1970-01-01T00:00:00.000000Z","event.name":"gen_ai.evaluation.result",)"
              R"("gen_ai.evaluation.name":"n","gen_ai.evaluation.score.value":0,)"
              R"("tokenweir.evaluation.source":"implicit"})");
    }

    TEST_CASE("the log record is in the evaluated span") {
        const Evaluation evaluation = full_evaluation();
        const LogRecord record = log_record_of(evaluation);
        CHECK(record.time == 1'800'000'000'123'000'000U);
        CHECK(record.event_name == "gen_ai.evaluation.result");
        CHECK(record.body == "evaluation helpfulness: bad");
        REQUIRE(record.trace != nullptr);
        CHECK(record.trace->span_id == test::full_call().trace->span_id);
        test::AttributeLines attributes("");
        add_attributes(attributes, evaluation);
        CHECK(attributes.lines().find("gen_ai.evaluation.score.value = 0.25\n") != std::string::npos);
    }

    TEST_CASE("formats for logs write one, formats for spans none") {
        const Evaluation evaluation = full_evaluation();
        const auto size = [&](const std::unique_ptr<ExportFormat>& format) {
            Protobuf pieces;
            format->append(pieces, evaluation);
            return pieces.size();
        };
        CHECK(size(otlp_protobuf(OtlpSignal::logs, {})) > 0);
        CHECK(size(otlp_json(OtlpSignal::logs, {})) > 0);
        CHECK(size(otlp_protobuf(OtlpSignal::traces, {})) == 0);
        CHECK(size(otlp_json(OtlpSignal::traces, {})) == 0);
        CHECK(size(zipkin_json({})) == 0);
    }

    TEST_CASE("the call log has it between the calls, in the order of their coming") {
        const test::TempDir dir;
        const auto call = std::make_shared<const LlmCall>(test::full_call());
        {
            CallLog log({.path = dir / "calls.jsonl", .warn = [](std::string_view) {}});
            log.consume(call);
            log.consume(std::make_shared<const Evaluation>(full_evaluation()));
            log.consume(call);
        }
        const std::string line = test::record_of(*call) + "\n";
        CHECK(test::contents(dir / "calls.jsonl") == line + json_of(full_evaluation()) + "\n" + line);
    }
}

}  // namespace
}  // namespace tokenweir::tracing
