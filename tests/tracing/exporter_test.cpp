#include "tracing/exporter.hpp"

#include <doctest/doctest.h>

#include <map>
#include <thread>

#include "tests/tracing/back_end.hpp"
#include "tests/tracing/temp_dir.hpp"

namespace tokenweir::tracing {
namespace {

using namespace std::chrono_literals;
using test::BackEnd;
using test::TempDir;
using test::TestTransport;

FinishedCall call_named(const std::string& id) {
    auto call = std::make_shared<LlmCall>();
    call->response_id = id;
    call->trace = TraceContext{.trace_id = {1}, .span_id = {2}, .sampled = true};
    return call;
}

/// A call is its id and a semicolon.
class TestFormat final : public ExportFormat {
public:
    std::string_view content_type() const noexcept override { return "application/json"; }
    void append(Protobuf& pieces, const LlmCall& call) override { pieces.raw(call.response_id + ";"); }
    void append(Protobuf& pieces, const Evaluation& evaluation) override { pieces.raw(evaluation.name + ";"); }
    void enclose(Payload& payload, std::string_view pieces) const override { payload.items = pieces; }
    PartialSuccess read_answer(std::string_view body) const override {
        return {.rejected = body.empty() ? 0 : std::stoi(std::string(body)), .message = std::string(body)};
    }
};

struct Exported {
    BackEnd back_end;
    std::vector<std::string> said;
    std::optional<Exporter> exporter;

    explicit Exported(ExporterOptions options = {}) { start(std::move(options)); }

    void start(ExporterOptions options) {
        options.name = "test";
        options.interval = 1ms;
        if (options.first_pause == 1000ms) options.first_pause = options.longest_pause = 1ms;
        options.say = [this](std::string_view text) { said.emplace_back(text); };
        exporter.emplace(std::move(options), std::make_unique<TestFormat>(), std::make_unique<TestTransport>(back_end));
    }
    void consume(std::initializer_list<const char*> ids) {
        for (const char* id : ids) exporter->consume(call_named(id));
    }

    /// "written 2, refused 1, queued 3": what is not zero, once `queued` are left.
    std::string figures(std::uint64_t queued = 0) {
        const Instant limit = Instant::clock::now() + 10s;
        while (exporter->statistics().queued != queued && Instant::clock::now() < limit) std::this_thread::yield();
        const SinkStatistics now = exporter->statistics();
        std::string text;
        const auto add = [&](std::string_view name, std::uint64_t count) {
            if (count > 0) text.append(text.empty() ? "" : ", ").append(name).append(" " + std::to_string(count));
        };
        add("written", now.written);
        for (const auto* counts : {&now.dropped, &now.declined})
            for (const auto& [reason, count] : *counts) add(reason, count);
        add("queued", now.queued);
        add("restored", now.restored);
        return text;
    }
};

using Bodies = std::vector<std::string>;

ExportAnswer status(int code) { return {.status = code}; }

TEST_SUITE("exporter") {
    TEST_CASE("what is consumed is delivered in its order, the last of it by the destructor") {
        Exported exported({.interval = 1h});
        exported.consume({"a", "b", "c"});
        exported.exporter.reset();
        std::string all;
        for (const std::string& body : exported.back_end.got) all += body;
        CHECK(all == "a;b;c;");
        CHECK(exported.said.empty());
    }

    TEST_CASE("batches are split by records and by bytes, and a record that is larger than a batch goes alone") {
        Exported exported({.max_batch_records = 3, .max_batch_bytes = 8});
        exported.back_end.set(&BackEnd::blocked, true);
        exported.consume({"first"});
        exported.back_end.wait_for_posts(1);
        exported.consume({"a", "b", "c", "d", "0123456789", "e", "0123456", "f"});
        exported.back_end.set(&BackEnd::blocked, false);
        CHECK(exported.figures() == "written 9");
        CHECK(exported.back_end.got == Bodies{"first;", "a;b;c;", "d;", "0123456789;", "e;", "0123456;", "f;"});
    }

    TEST_CASE("of the records that wait to be freed the oldest one leaves first, and when there are too many at once") {
        SpentRecords spent(2);
        const auto name = [](const Spent& record) {
            return record == nullptr ? "-" : std::static_pointer_cast<const LlmCall>(record)->response_id;
        };
        std::string left;
        for (const char* id : {"a", "b", "c"}) left += name(spent.add(call_named(id)));
        for (int i = 0; i < 2; ++i) left += name(spent.take());
        CHECK(spent.empty());
        left += name(spent.add(call_named("d")));
        for (int i = 0; i < 2; ++i) left += name(spent.take());
        CHECK(left == "--abc-d-");
    }

    TEST_CASE("what was delivered is freed, large or small, whether more of it comes or not") {
        const Instant limit = Instant::clock::now() + 10s;
        const auto is_freed_while = [&](const std::weak_ptr<const LlmCall>& call, const auto& doing) {
            while (!call.expired() && Instant::clock::now() < limit) doing();
            return call.expired();
        };
        Exported exported({.max_batch_records = 2});
        for (const std::size_t path_size : {std::size_t{10}, std::size_t{10'000}})
            for (const bool more_comes : {true, false}) {
                auto call = std::make_shared<LlmCall>(*call_named("a"));
                call->path.resize(path_size);
                const std::weak_ptr<const LlmCall> watched = call;
                exported.exporter->consume(FinishedCall(std::move(call)));
                CHECK(is_freed_while(watched, [&] {
                    if (more_comes) exported.consume({"b", "c"});
                    std::this_thread::yield();
                }));
            }
    }

    TEST_CASE("an answer decides whether a batch is delivered, sent again, cut up or given up") {
        const struct {
            const char* what;
            std::vector<ExportAnswer> script;
            const char* figures;
            std::size_t posts;
        } rows[] = {
            {"taken", {}, "written 2", 1},
            {"no answer", {{.failure = "refused"}}, "written 2", 2},
            {"no answer for a while", {{}, {}, {}, {}}, "written 2", 5},
            {"429", {status(429)}, "written 2", 2},
            {"502, 503 and 504", {status(502), status(503), status(504)}, "written 2", 4},
            {"400", {status(400)}, "refused 2", 1},
            {"401", {status(401)}, "refused 2", 1},
            {"500", {status(500)}, "refused 2", 1},
            {"404 where the signal was asked for", {status(404)}, "refused 2", 1},
            {"a redirection", {status(302)}, "refused 2", 1},
            {"partial success", {{.status = 200, .body = "1"}}, "written 1, refused 1", 1},
            {"partial success beyond the count", {{.status = 200, .body = "9"}}, "refused 2", 1},
            {"413, then both halves", {status(413)}, "written 2", 3},
            {"413 for a half too", {status(413), status(413)}, "written 1, too_large 1", 3},
            {"a failure between the halves", {status(413), status(200), status(503)}, "written 2", 4},
        };
        for (const auto& row : rows) {
            CAPTURE(row.what);
            Exported exported;
            exported.back_end.set(&BackEnd::blocked, true);
            exported.consume({"first"});
            exported.back_end.wait_for_posts(1);
            exported.consume({"a", "b"});
            for (const ExportAnswer& answer : row.script) exported.back_end.add(answer);
            exported.back_end.script.push_front(status(200));
            exported.back_end.set(&BackEnd::blocked, false);
            const std::string figures = exported.figures();
            const std::string expected = row.figures;
            const bool some = expected.starts_with("written ");
            CHECK(figures == (some ? "written " + std::to_string(expected[8] - '0' + 1) + expected.substr(9)
                                   : "written 1, " + expected));
            CHECK(exported.back_end.got.size() == row.posts + 1);
        }
    }

    TEST_CASE("one record that is too large for the back end does not take the others along") {
        Exported exported;
        exported.back_end.largest = 8;
        exported.back_end.set(&BackEnd::blocked, true);
        exported.consume({"first"});
        exported.back_end.wait_for_posts(1);
        exported.consume({"a", "b", "0123456789", "c", "d"});
        exported.back_end.set(&BackEnd::blocked, false);
        CHECK(exported.figures() == "written 5, too_large 1");
        exported.exporter.reset();
        CHECK(exported.said == Bodies{"test: status 413; records dropped so far: too_large 1"});
    }

    TEST_CASE("a full queue drops what comes, by bytes and by number, and counts it") {
        const std::size_t one = memory_of(*call_named("a"));
        for (const bool by_bytes : {true, false}) {
            ExporterOptions options;
            (by_bytes ? options.max_queue_bytes : options.max_queue_records) = by_bytes ? 3 * one : 3;
            Exported exported(std::move(options));
            exported.back_end.set(&BackEnd::blocked, true);
            exported.consume({"a"});
            exported.back_end.wait_for_posts(1);
            exported.consume({"b", "c", "d", "e"});
            CHECK(exported.figures(3) == "queue_full 2, queued 3");
            exported.back_end.set(&BackEnd::blocked, false);
            CHECK(exported.figures() == "written 3, queue_full 2");
            exported.consume({"f"});
            CHECK(exported.figures() == "written 4, queue_full 2");
        }
    }

    TEST_CASE("what nobody wants is counted and not queued") {
        Exported exported({.wanted = [](const LlmCall& call) { return call.response_id != "b"; }});
        exported.consume({"a", "b"});
        CHECK(exported.figures() == "written 1, unsampled 1");
        CHECK(exported.said.empty());
    }

    TEST_CASE("a back end that does not know an optional signal is left alone once it has said so") {
        Exported exported({.optional = true});
        exported.back_end.add(status(404));
        exported.consume({"a"});
        CHECK(exported.figures() == "unsupported 1");
        exported.consume({"b"});
        CHECK(exported.figures() == "unsupported 2");
        CHECK(exported.back_end.got == Bodies{"a;"});
    }

    TEST_CASE("a batch is given up when its time is over") {
        Exported exported({.give_up = 1ms});
        exported.back_end.set(&BackEnd::away, true);
        exported.consume({"a"});
        CHECK(exported.figures() == "gave_up 1");
    }

    TEST_CASE("a pause is as long as the back end asks for") {
        Exported exported({.give_up = 1s});
        exported.back_end.add({.status = 429, .retry_after = 2s});
        exported.consume({"a"});
        CHECK(exported.figures() == "gave_up 1");  // it would have to wait longer than it may
    }

    TEST_CASE("the destructor waits for a stuck back end no longer than it may") {
        Exported exported({.drain_time = 20ms});
        exported.back_end.set(&BackEnd::blocked, true);
        exported.consume({"a"});
        exported.back_end.wait_for_posts(1);
        const Instant begun = Instant::clock::now();
        exported.exporter.reset();
        CHECK(Instant::clock::now() - begun < 5s);
    }

    TEST_CASE("says once that the back end fails, and once that it takes records again") {
        Exported exported;
        exported.back_end.set(&BackEnd::away, true);
        exported.consume({"a"});
        exported.back_end.wait_for_posts(3);
        exported.back_end.set(&BackEnd::away, false);
        CHECK(exported.figures() == "written 1");
        exported.exporter.reset();
        CHECK(exported.said == Bodies{"test: refused; records are queued", "test: takes records again"});
    }

    TEST_CASE("what is lost at the end is said, however little time has passed since something was said") {
        Exported exported({.drain_time = 20ms});
        exported.back_end.set(&BackEnd::away, true);
        exported.consume({"a"});
        exported.back_end.wait_for_posts(2);
        exported.exporter.reset();
        CHECK(exported.said == Bodies{"test: refused; records are queued",
                                      "test: refused; records are queued; records dropped so far: shutdown 1"});
    }

    TEST_CASE("what the end of the process leaves no time for is lost by the shutdown, and was not given up") {
        Exported exported({.first_pause = 1h, .longest_pause = 1h});
        exported.back_end.set(&BackEnd::away, true);
        exported.consume({"a"});
        exported.back_end.wait_for_posts(1);
        exported.exporter.reset();
        CHECK(exported.said.back() == "test; records are queued; records dropped so far: shutdown 1");
    }

    TEST_CASE("what a back end says is quoted on one line, and cut") {
        Exported exported;
        exported.back_end.add({.status = 200, .body = "1" + std::string(1000, '\n')});
        exported.consume({"a"});
        CHECK(exported.figures() == "refused 1");
        exported.exporter.reset();
        CHECK(exported.said == Bodies{"test: '1" + std::string(79, '?') + "...'; records dropped so far: refused 1"});
    }

    TEST_CASE("what a back end does not take is spooled, survives a restart and is delivered in its order") {
        const TempDir directory;
        const ExporterOptions spooling{.spool_directory = directory / "spool", .max_spool_bytes = 1000};
        Exported exported(spooling);
        exported.back_end.set(&BackEnd::away, true);
        exported.consume({"a"});
        exported.back_end.wait_for_posts(1);
        exported.consume({"b"});
        CHECK(exported.figures(2) == "queued 2");
        exported.consume({"c"});
        exported.exporter.reset();
        exported.back_end.got.clear();
        exported.start(spooling);
        CHECK(exported.figures(3) == "queued 3, restored 3");
        exported.back_end.set(&BackEnd::away, false);
        CHECK(exported.figures() == "written 3, restored 3");
        std::string delivered;
        for (const std::string& body : exported.back_end.got)
            if (delivered.empty() || !delivered.ends_with(body)) delivered += body;  // without repetitions
        CHECK(delivered == "a;b;c;");
        exported.consume({"d"});
        CHECK(exported.figures() == "written 4, restored 3");
        exported.exporter.reset();
        exported.start(spooling);
        CHECK(exported.figures().empty());
    }

    TEST_CASE("without memory it loses what it had in hand, counts it and goes on") {
        Exported exported;
        exported.back_end.set(&BackEnd::scarce, true);
        exported.consume({"a"});
        CHECK(exported.figures() == "out_of_memory 1");
        exported.back_end.set(&BackEnd::scarce, false);
        exported.consume({"b"});
        CHECK(exported.figures() == "written 1, out_of_memory 1");
    }

    TEST_CASE("a lack of memory costs nothing that is spooled, and does not end the process") {
        const TempDir directory;
        const ExporterOptions spooling{.spool_directory = directory / "spool", .max_spool_bytes = 1000};
        Exported exported(spooling);
        exported.back_end.set(&BackEnd::away, true);
        exported.consume({"a"});
        exported.back_end.wait_for_posts(2);  // the second one is from the spool
        exported.back_end.set(&BackEnd::scarce, true);
        exported.back_end.wait_for_posts(exported.back_end.posts() + 3);
        CHECK(exported.figures(1) == "queued 1");
        exported.exporter.reset();
        exported.back_end.set(&BackEnd::scarce, false);
        exported.back_end.set(&BackEnd::away, false);
        exported.start(spooling);
        CHECK(exported.figures() == "written 1, restored 1");
    }

    TEST_CASE("a full spool drops what comes, and counts it") {
        const TempDir directory;
        Exported exported({.max_batch_records = 1, .spool_directory = directory / "spool", .max_spool_bytes = 4});
        exported.back_end.set(&BackEnd::away, true);
        exported.consume({"a", "b", "c"});
        CHECK(exported.figures(2) == "spool_full 1, queued 2");
        exported.back_end.set(&BackEnd::away, false);
        CHECK(exported.figures() == "written 2, spool_full 1");
        exported.consume({"d"});
        CHECK(exported.figures() == "written 3, spool_full 1");
    }

    TEST_CASE("a spool belongs to one process") {
        const TempDir directory;
        const Spool spool(directory / "spool", 10);
        CHECK_THROWS_AS(Spool(directory / "spool", 10), std::system_error);
    }
}

TEST_SUITE("retry") {
    TEST_CASE("pauses grow up to the longest, with a random part of one half either way") {
        Backoff backoff(100ms, 350ms);
        const std::pair<int, int> ranges[] = {{50, 150}, {100, 300}, {175, 525}, {175, 525}};
        for (const auto& [low, high] : ranges) {
            const auto pause = backoff.after({}).count();
            CHECK(pause >= low);
            CHECK(pause < high);
        }
        backoff.reset();
        CHECK(backoff.after({}).count() < 150);
        CHECK(backoff.after({.retry_after = 7s}) == 7s);
        CHECK(backoff.after({.retry_after = 100000s}) == 1h);
    }
}

}  // namespace
}  // namespace tokenweir::tracing
