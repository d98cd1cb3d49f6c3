#include "tracing/call_log.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <memory>
#include <new>
#include <sstream>
#include <utility>

#include "tests/tracing/full_call.hpp"
#include "tests/tracing/temp_dir.hpp"

namespace tokenweir::tracing {
namespace {

using namespace std::chrono_literals;

FinishedCall numbered(std::int64_t number) {
    LlmCall call = test::full_call();
    call.usage.input = number;
    return std::make_shared<const LlmCall>(std::move(call));
}

std::string line_of(std::int64_t number) { return test::record_of(*numbered(number)) + "\n"; }

std::string lines_of(std::int64_t first, std::int64_t last) {
    std::string lines;
    for (std::int64_t i = first; i <= last; ++i) lines += line_of(i);
    return lines;
}

std::uint64_t dropped(const SinkStatistics& statistics, std::string_view reason) {
    for (const auto& [its, count] : statistics.dropped)
        if (its == reason) return count;
    return 0;
}

std::uint64_t dropped(const SinkStatistics& statistics) {
    std::uint64_t sum = 0;
    for (const auto& [reason, count] : statistics.dropped) sum += count;
    return sum;
}

/// Waits for a condition that another thread brings about; false: it never did.
template <class Condition>
bool eventually(Condition condition) {
    const auto limit = Instant::clock::now() + 30s;
    while (!condition()) {
        if (Instant::clock::now() > limit) return false;
        std::this_thread::yield();
    }
    return true;
}

bool settled(const CallLog& log) {
    return eventually([&] { return log.statistics().queued == 0; });
}

CallLogOptions quick(const std::string& path) {
    return {.path = path, .interval = 1ms, .warn = [](std::string_view) {}};
}

/// Never looks into its queue by itself.
CallLogOptions asleep(const std::string& path) {
    CallLogOptions options = quick(path);
    options.interval = 1h;
    return options;
}

/// A named pipe with a reader.
class Pipe {
public:
    explicit Pipe(std::string path) : path_(std::move(path)) {
        std::signal(SIGPIPE, SIG_IGN);  // as main does
        REQUIRE(::mkfifo(path_.c_str(), 0600) == 0);
        reader_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    }
    ~Pipe() { ::close(reader_); }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    const std::string& path() const { return path_; }

    void leave() { ::close(std::exchange(reader_, -1)); }

    void fill() const {
        const int writer = ::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        const std::string page(4096, 'x');
        while (::write(writer, page.data(), page.size()) > 0) continue;
        ::close(writer);
    }

    std::string read_some() const {
        char some[1000];
        const ssize_t count = ::read(reader_, some, sizeof some);
        return {some, count > 0 ? static_cast<std::size_t>(count) : 0};
    }

private:
    const std::string path_;
    int reader_ = -1;
};

TEST_SUITE("call_log") {
    TEST_CASE("writes one line per call in their order, and all of them before it ends") {
        const test::TempDir dir;
        const std::string path = dir / "calls.jsonl";
        {
            CallLog log(asleep(path));
            for (int i = 1; i <= 50; ++i) log.consume(numbered(i));
            CHECK(log.statistics().queued == 50);
        }
        CHECK(test::contents(path) == lines_of(1, 50));
        struct stat info {};
        REQUIRE(::stat(path.c_str(), &info) == 0);
        const mode_t mask = ::umask(0);
        ::umask(mask);
        CHECK((info.st_mode & 0777U) == (0640U & ~mask));
    }

    TEST_CASE("a record is in the file soon, without anything that follows it") {
        const test::TempDir dir;
        const std::string path = dir / "calls.jsonl";
        CallLog log({.path = path});
        log.consume(numbered(1));
        CHECK(eventually([&] { return test::contents(path) == line_of(1); }));
        CHECK(settled(log));
        CHECK(log.statistics().written == 1);
    }

    TEST_CASE("appends to what is there, on a line of its own") {
        const test::TempDir dir;
        const std::string path = dir / "calls.jsonl";
        for (const std::string before : {"", "{\"whole\":1}\n", "{\"to"}) {
            std::ofstream(path, std::ios::trunc) << before;
            { CallLog(asleep(path)).consume(numbered(1)); }
            const std::string expected = before + (before.ends_with("to") ? "\n" : "") + line_of(1);
            CHECK(test::contents(path) == expected);
        }
        { CallLog idle(asleep(path)); }
        CHECK(test::contents(path) == "{\"to\n" + line_of(1));
    }

    TEST_CASE("says so when the file cannot be opened") {
        const test::TempDir dir;
        CHECK_THROWS_AS(CallLog(quick(dir / "no/such/folder/calls.jsonl")), std::system_error);
    }

    TEST_CASE("`-` is standard output, which stays open") {
        const test::TempDir dir;
        const std::string path = dir / "stdout";
        const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), saved = ::dup(STDOUT_FILENO);
        ::dup2(file, STDOUT_FILENO);
        {
            CallLog log(asleep("-"));
            log.consume(numbered(1));
            log.reopen();
            CHECK(settled(log));
            log.consume(numbered(2));
        }
        const bool still_open = ::write(STDOUT_FILENO, "after", 5) == 5;
        ::dup2(saved, STDOUT_FILENO);
        ::close(saved);
        ::close(file);
        CHECK(still_open);
        CHECK(test::contents(path) == lines_of(1, 2) + "after");
    }

    TEST_CASE("takes as many bytes of calls as its queue may hold, drops the next ones and counts them") {
        const test::TempDir dir;
        const Pipe pipe(dir / "pipe");
        pipe.fill();  // so that nothing leaves the queue
        const Instant before = Instant::clock::now();
        {
            CallLogOptions options = asleep(pipe.path());
            options.max_queue_bytes = 3 * line_of(1).size();
            options.drain_time = 1ms;
            CallLog log(options);
            for (int i = 1; i <= 3; ++i) log.consume(numbered(i));
            CHECK(log.statistics().queued == 3);
            CHECK(dropped(log.statistics()) == 0);
            for (int i = 4; i <= 7; ++i) log.consume(numbered(i));
            CHECK(log.statistics().queued == 3);
            CHECK(dropped(log.statistics()) == 4);
            CHECK(dropped(log.statistics(), "queue_full") == 4);
        }
        CHECK(Instant::clock::now() - before < 20s);  // it ends although nobody reads
    }

    TEST_CASE("a full disk drops records, counts them, warns once and at the end, and holds up nobody") {
        std::vector<std::string> warnings;
        {
            CallLogOptions options = quick("/dev/full");
            options.warn = [&](std::string_view text) { warnings.emplace_back(text); };
            CallLog log(options);
            for (int i = 0; i < 50; ++i) {
                log.consume(numbered(i));
                REQUIRE(settled(log));
            }
            const SinkStatistics statistics = log.statistics();
            CHECK(statistics.written == 0);
            CHECK(dropped(statistics) == 50);
            CHECK(dropped(statistics, "no_space") == 50);
        }
        CHECK(warnings ==
              std::vector<std::string>{"records dropped so far: no_space 1; /dev/full: No space left on device",
                                       "records dropped so far: no_space 50; /dev/full: No space left on device"});
    }

    TEST_CASE("a reader that leaves costs the records that follow and nothing else") {
        const test::TempDir dir;
        Pipe pipe(dir / "pipe");
        CallLog log(quick(pipe.path()));
        log.consume(numbered(1));
        CHECK(settled(log));
        CHECK(log.statistics().written == 1);
        pipe.leave();
        log.consume(numbered(2));
        log.consume(numbered(3));
        CHECK(settled(log));
        CHECK(log.statistics().written == 1);
        CHECK(dropped(log.statistics(), "broken_pipe") == 2);
    }

    TEST_CASE("a pipe gets every byte, however slowly it is read") {
        const test::TempDir dir;
        const Pipe pipe(dir / "pipe");
        CallLog log(quick(pipe.path()));
        const std::string expected = lines_of(1, 200);  // several times what a pipe holds
        for (int i = 1; i <= 200; ++i) log.consume(numbered(i));
        std::string got;
        CHECK(eventually([&] { return (got += pipe.read_some()).size() >= expected.size(); }));
        CHECK((got == expected));
        CHECK(settled(log));
        CHECK(log.statistics().written == 200);
    }

    TEST_CASE("a line that did not fit is completed when there is room again, the ones after it are counted as lost") {
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit before{};
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
        const test::TempDir dir;
        const std::string path = dir / "calls.jsonl";
        {
            CallLogOptions options = asleep(path);
            options.max_queue_bytes = 8 * line_of(1).size();  // looks into its queue at every fourth call
            CallLog log(options);
            const rlimit tight{line_of(1).size() + 100, before.rlim_max};
            REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
            for (int i = 1; i <= 4; ++i) log.consume(numbered(i));
            CHECK(eventually([&] { return dropped(log.statistics(), "no_space") == 2; }));
            CHECK(log.statistics().written == 1);
            CHECK(log.statistics().queued == 1);
            REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
            log.consume(numbered(5));
        }
        CHECK(test::contents(path) == lines_of(1, 2) + line_of(5));
    }

    TEST_CASE("after a rotation it goes on in a new file; no line is lost or torn under load") {
        const test::TempDir dir;
        const std::string path = dir / "calls.jsonl";
        constexpr int threads = 3, calls = 1000, rotations = 10;
        std::vector<std::string> files;
        {
            CallLog log(quick(path));
            std::vector<std::jthread> workers;
            for (int t = 0; t < threads; ++t)
                workers.emplace_back([&log, t] {
                    for (int i = 0; i < calls; ++i) log.consume(numbered(t * calls + i));
                });
            for (int r = 0; r < rotations; ++r) {
                const std::string rotated = path + "." + std::to_string(r);
                std::filesystem::rename(path, rotated);
                files.push_back(rotated);
                log.reopen();
                REQUIRE(eventually([&] { return std::filesystem::exists(path); }));
            }
        }
        files.push_back(path);
        std::vector<std::string> got, expected;
        for (const std::string& file : files) {
            std::istringstream lines(test::contents(file));
            for (std::string line; std::getline(lines, line);) got.push_back(line + "\n");
        }
        for (int i = 0; i < threads * calls; ++i) expected.push_back(line_of(i));
        std::ranges::sort(got);
        std::ranges::sort(expected);
        CHECK((got == expected));
    }

    TEST_CASE("a rotation into a folder that is gone keeps the old file and says so") {
        const test::TempDir dir;
        const std::string folder = dir / "logs", moved = dir / "moved";
        std::filesystem::create_directory(folder);
        std::string warning;
        {
            CallLogOptions options = quick(folder + "/calls.jsonl");
            options.warn = [&](std::string_view text) { warning = text; };
            CallLog log(options);
            std::filesystem::rename(folder, moved);
            log.reopen();
            log.consume(numbered(1));
        }
        CHECK(warning == "cannot reopen " + folder + "/calls.jsonl: No such file or directory");
        CHECK(test::contents(moved + "/calls.jsonl") == line_of(1));
    }

    TEST_CASE("without memory it loses what it had in hand, counts it and goes on") {
        const test::TempDir dir;
        std::atomic<bool> scarce = true;
        CallLogOptions options = quick(dir / "calls.jsonl");
        options.now = [&]() -> WallTime {
            if (scarce) throw std::bad_alloc();
            return {};
        };
        CallLog log(options);
        log.consume(numbered(1));
        REQUIRE(settled(log));
        CHECK(dropped(log.statistics(), "out_of_memory") == 1);
        scarce = false;
        log.consume(numbered(2));
        REQUIRE(settled(log));
        CHECK(log.statistics().written == 1);
        CHECK(dropped(log.statistics()) == 1);
        CHECK(test::contents(dir / "calls.jsonl") == line_of(2));
    }

    TEST_CASE("consumed is written and dropped and queued at any moment") {
        const test::TempDir dir;
        CallLogOptions options = quick(dir / "calls.jsonl");
        options.max_queue_bytes = 20 * line_of(1).size();
        CallLog log(options);
        const FinishedCall call = numbered(1);
        bool conserved = true;
        for (std::uint64_t i = 1; i <= 5000; ++i) {
            log.consume(call);
            const SinkStatistics now = log.statistics();
            conserved = conserved && now.written + dropped(now) + now.queued == i;
        }
        CHECK(conserved);
    }
}

}  // namespace
}  // namespace tokenweir::tracing
