#include "tracing/metrics_push.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <new>
#include <optional>

#include "tests/tracing/back_end.hpp"

namespace tokenweir::tracing {
namespace {

using namespace std::chrono_literals;
using test::BackEnd;
using test::TestTransport;

/// "name: value", of each point, then a semicolon.
class TestFormat final : public MetricsFormat {
public:
    std::string_view content_type() const noexcept override { return "application/json"; }
    void append(std::string& pieces, const Metric& metric, const MetricWindow& window) override {
        CHECK(window.start == 1'000'000'000);
        CHECK(window.time > window.start);
        for (const MetricPoint& point : metric.points)
            pieces += metric.name + ": " + std::to_string(static_cast<int>(point.value)) + ';';
    }
    void enclose(Payload& payload, std::string_view pieces) const override { payload.items = pieces; }
    PartialSuccess read_answer(std::string_view body) const override {
        return body.empty() ? PartialSuccess{} : PartialSuccess{.rejected = 2, .message = std::string(body)};
    }
};

/// `a`, a counter of its readings, and whatever else it is given.
struct Counted final : MetricSource {
    mutable int readings = 0;  // of one thread
    std::vector<Metric> others{};

    std::vector<Metric> read() const override {
        std::vector<Metric> metrics{{.name = "a", .points = {{.value = static_cast<double>(++readings)}}}};
        metrics.insert(metrics.end(), others.begin(), others.end());
        return metrics;
    }
};

struct Pushed {
    BackEnd back_end;
    Counted source;
    PushCounters counters;
    std::vector<std::string> said;
    std::optional<MetricsPush> push;

    void start(MetricsPushOptions options = {}, const std::function<void(std::string_view)>& before_saying = {}) {
        options.first_pause = options.longest_pause = 1ms;
        options.say = [this, before_saying](std::string_view text) {
            if (before_saying) before_saying(text);
            said.emplace_back(text);
        };
        push.emplace(std::move(options), source, counters, WallTime(1s), std::make_unique<TestFormat>(),
                     std::make_unique<TestTransport>(back_end));
    }
};

using Bodies = std::vector<std::string>;

/// Those that there were.
std::map<std::string_view, std::uint64_t> results(const PushCounters& counters) {
    std::map<std::string_view, std::uint64_t> counts;
    for (std::size_t i = 0; i < push_result_names.size(); ++i)
        if (const std::uint64_t count = counters.pushes[i].read(); count > 0) counts[push_result_names[i]] = count;
    return counts;
}

TEST_SUITE("metrics_push") {
    TEST_CASE("what is counted is sent every interval, and once more at the end") {
        Pushed pushed;
        pushed.start({.interval = 1ms});
        pushed.back_end.wait_for_posts(2);
        pushed.push.reset();
        const Bodies& got = pushed.back_end.got;
        REQUIRE(got.size() >= 3);
        CHECK(Bodies(got.begin(), got.begin() + 2) == Bodies{"a: 1;", "a: 2;"});
        CHECK(got.back() == "a: " + std::to_string(got.size()) + ";");
        CHECK(pushed.said.empty());
    }

    TEST_CASE("nothing is sent before the interval has passed, but the end of the process does not wait for it") {
        Pushed pushed;
        pushed.start({.interval = 1h});
        pushed.push.reset();
        CHECK(pushed.back_end.got == Bodies{"a: 1;"});
    }

    TEST_CASE("a push that fails is made up for by the next one, with what has been counted since") {
        Pushed pushed;
        pushed.back_end.script = {{.failure = "refused"}, {.status = 503}, {.status = 200}};
        pushed.start({.interval = 50ms});
        pushed.back_end.wait_for_posts(3);
        pushed.push.reset();
        CHECK(Bodies(pushed.back_end.got.begin(), pushed.back_end.got.begin() + 3) ==
              Bodies{"a: 1;", "a: 2;", "a: 3;"});
        CHECK(pushed.said == Bodies{"test: refused", "test: takes metrics again"});
    }

    TEST_CASE("a pause is as long as the back end asks for") {
        Pushed pushed;
        pushed.back_end.script = {{.status = 429, .retry_after = 1h}};
        pushed.start({.interval = 1ms});
        pushed.back_end.wait_for_posts(1);
        pushed.push.reset();
        CHECK(pushed.back_end.got == Bodies{"a: 1;", "a: 2;"});
    }

    TEST_CASE("requests are split by bytes, and a metric with many points too") {
        Pushed pushed;
        pushed.source.others = {{.name = "b", .points = std::vector<MetricPoint>(300)}, {.name = "c", .points = {{}}}};
        pushed.start({.interval = 1h, .max_batch_bytes = 1000});
        pushed.push.reset();
        std::vector<std::size_t> sizes;
        for (const std::string& body : pushed.back_end.got) sizes.push_back(body.size());
        CHECK(sizes == std::vector<std::size_t>{5, 256 * 5, 44 * 5 + 5});
    }

    TEST_CASE("a back end that finds requests too large gets smaller ones") {
        Pushed pushed;
        pushed.source.others.assign(100, {.name = std::string(1000, 'n'), .points = {{}}});
        pushed.back_end.largest = 40'000;
        pushed.start({.interval = 1ms, .max_batch_bytes = 200'000});
        pushed.back_end.wait_for_posts(10);
        pushed.push.reset();
        CHECK(pushed.back_end.got.front().size() > 100'000);
        CHECK(pushed.back_end.got.back().size() < 40'000);
    }

    TEST_CASE("a back end that does not know metrics is left alone where they are optional") {
        for (const bool optional : {true, false}) {
            Pushed pushed;
            pushed.back_end.script = {{.status = 404}};
            pushed.start({.interval = 1ms, .optional = optional});
            pushed.back_end.wait_for_posts(optional ? 1 : 2);
            pushed.push.reset();
            CHECK((pushed.back_end.got.size() == 1) == optional);
            CHECK(pushed.said.empty() == optional);
            CHECK(results(pushed.counters)[optional ? "unsupported" : "refused"] == 1);
        }
    }

    TEST_CASE("points that are rejected are spoken of") {
        Pushed pushed;
        pushed.back_end.script = {{.status = 200, .body = "no"}};
        pushed.start({.interval = 1h});
        pushed.push.reset();
        CHECK(pushed.said == Bodies{"test: rejects 2 points: 'no'"});
    }

    TEST_CASE("points that one of several requests rejects are not forgotten over the next request") {
        Pushed pushed;
        pushed.source.others = {{.name = "b", .points = std::vector<MetricPoint>(300)}};
        pushed.back_end.script = {{.status = 200, .body = "no"}, {.status = 200, .body = "nor"}, {.status = 200}};
        pushed.start({.interval = 1h, .max_batch_bytes = 1000});
        pushed.push.reset();
        CHECK(pushed.back_end.got.size() == 3);
        CHECK(pushed.said == Bodies{"test: rejects 4 points: 'no'"});
        CHECK(results(pushed.counters)["partial"] == 1);
    }

    TEST_CASE("every push is counted once, by what became of it") {
        Pushed pushed;
        pushed.back_end.script = {
            {.status = 200}, {.failure = "refused"},       {.status = 503}, {.status = 413}, {.status = 404},
            {.status = 400}, {.status = 200, .body = "no"}};
        pushed.start({.interval = 1ms});
        pushed.back_end.wait_for_posts(8);
        pushed.push.reset();
        CHECK(results(pushed.counters) ==
              std::map<std::string_view, std::uint64_t>{{"delivered", pushed.back_end.got.size() - 6},
                                                        {"unavailable", 2},
                                                        {"too_large", 1},
                                                        {"refused", 2},
                                                        {"partial", 1}});
    }

    TEST_CASE("a lack of memory costs a push or a message, not the process") {
        Pushed pushed;
        pushed.back_end.set(&BackEnd::scarce, true);
        int shortages = 0;
        pushed.start({.interval = 1ms}, [&](std::string_view) {
            if (++shortages < 3) throw std::bad_alloc();
        });
        pushed.back_end.wait_for_posts(3);
        pushed.back_end.set(&BackEnd::scarce, false);
        pushed.push.reset();
        CHECK(shortages >= 3);
        CHECK(pushed.said.front() == "test: out of memory");
        CHECK(results(pushed.counters)["out_of_memory"] >= 3);
    }

    TEST_CASE("the destructor waits for a stuck back end no longer than it may") {
        Pushed pushed;
        pushed.back_end.set(&BackEnd::blocked, true);
        pushed.start({.interval = 1ms, .drain_time = 20ms});
        pushed.back_end.wait_for_posts(1);
        const Instant begun = Instant::clock::now();
        pushed.push.reset();
        CHECK(Instant::clock::now() - begun < 5s);
    }
}

}  // namespace
}  // namespace tokenweir::tracing
