#include "tracing/log_rotation.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <vector>

#include "tests/tracing/full_call.hpp"
#include "tests/tracing/temp_dir.hpp"
#include "tracing/call_log.hpp"

namespace tokenweir::tracing {
namespace {

using namespace std::chrono_literals;

constexpr WallTime day_begins{std::chrono::seconds(1'800'000'000 / 86'400 * 86'400)};  // 2027-01-15

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

/// What a folder holds, by name.
std::map<std::string, std::string> files_in(const std::string& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        files[entry.path().filename().string()] = test::contents(entry.path().string());
    return files;
}

/// A call log whose clock stands where it is put.
class Log {
public:
    Log(std::string path, RotationOptions rotation, WallTime now = day_begins) : now_(now) {
        log_.emplace(CallLogOptions{.path = std::move(path),
                                    .rotation = rotation,
                                    .interval = 1ms,
                                    .warn = [this](std::string_view text) { warnings.emplace_back(text); },
                                    .now = [this] { return now_.load(); }});
    }

    /// Each is written before the next one comes.
    void write(std::int64_t first, std::int64_t last) {
        for (std::int64_t i = first; i <= last; ++i) {
            log_->consume(numbered(i));
            while (log_->statistics().queued > 0) std::this_thread::yield();
        }
    }
    void pass(std::chrono::milliseconds time) { now_ = now_.load() + time; }
    void close() { log_.reset(); }
    CallLog* operator->() { return &*log_; }

    CountsByReason rotations() const { return log_->statistics().rotations; }
    std::uint64_t lost() const {
        std::uint64_t sum = 0;
        for (const auto& [reason, count] : log_->statistics().dropped) sum += count;
        return sum;
    }

    std::vector<std::string> warnings;

private:
    std::atomic<WallTime> now_;
    std::optional<CallLog> log_;
};

TEST_SUITE("log_rotation") {
    TEST_CASE("a file is renamed before it would grow beyond its size, and lines stay whole") {
        const test::TempDir dir;
        const std::size_t line = line_of(1).size();
        for (const std::size_t room : {3 * line, 4 * line - 1}) {
            const std::string folder = dir / std::to_string(room).c_str();
            std::filesystem::create_directory(folder);
            Log log(folder + "/calls.jsonl", {.max_bytes = room});
            log.write(1, 3);
            CHECK(files_in(folder) == std::map<std::string, std::string>{{"calls.jsonl", lines_of(1, 3)}});
            log.pass(1'234ms);
            log.write(4, 5);
            log.close();
            CHECK(files_in(folder) ==
                  std::map<std::string, std::string>{{"calls.jsonl", lines_of(4, 5)},
                                                     {"calls.jsonl.20270115T000001.234000Z", lines_of(1, 3)}});
            CHECK(log.warnings.empty());
        }
    }

    TEST_CASE("a record that is larger than a file may be has one of its own") {
        const test::TempDir dir;
        Log log(dir / "c", {.max_bytes = 10});
        log.write(1, 3);
        log.close();
        CHECK(files_in(dir / "") == std::map<std::string, std::string>{{"c", line_of(3)},
                                                                       {"c.20270115T000000.000000Z", line_of(1)},
                                                                       {"c.20270115T000000.000001Z", line_of(2)}});
    }

    TEST_CASE("the first record of a new period begins a new file, however many periods nobody wrote in") {
        const test::TempDir dir;
        Log log(dir / "c", {.interval = 1h});
        log.pass(3h);
        log.write(1, 1);
        log.pass(59min);
        log.write(2, 2);
        log.pass(1min);
        log.write(3, 3);
        log.pass(24h);
        log.write(4, 5);
        CHECK(log.rotations() == CountsByReason{{"success", 2}, {"failure", 0}});
        log.close();
        CHECK(files_in(dir / "") == std::map<std::string, std::string>{{"c", lines_of(4, 5)},
                                                                       {"c.20270115T040000.000000Z", lines_of(1, 2)},
                                                                       {"c.20270116T040000.000000Z", line_of(3)}});
    }

    TEST_CASE("what an earlier process left is rotated away when its period is over, and not before") {
        const test::TempDir dir;
        std::ofstream(dir / "c") << "{}\n";
        const WallTime written = std::chrono::system_clock::now();  // as the file system will say
        {
            Log same(dir / "c", {.interval = 7 * 24h}, written);
            same.write(1, 1);
            CHECK(same.rotations() == CountsByReason{{"success", 0}, {"failure", 0}});
        }
        Log later(dir / "c", {.interval = 7 * 24h}, written + 7 * 24h);
        later.write(2, 2);
        later.close();
        CHECK(test::contents(dir / "c") == line_of(2));
        CHECK(files_in(dir / "").size() == 2);
    }

    TEST_CASE("the newest renamed files stay, and others are none of its business") {
        const test::TempDir dir;
        const std::vector<std::string> others{"c.1", "c.20270115T000000.00000Z", "c.20270115T000000.000000Z.gz",
                                              "cc.20270115T000000.000000Z", "d"};
        for (const std::string& other : others) std::ofstream(dir / other.c_str()) << other;
        Log log(dir / "c", {.max_bytes = 1, .keep = 2});
        log.write(1, 6);
        log.close();
        auto files = files_in(dir / "");
        for (const std::string& other : others) CHECK(files.extract(other).mapped() == other);
        CHECK(files == std::map<std::string, std::string>{{"c", line_of(6)},
                                                          {"c.20270115T000000.000003Z", line_of(4)},
                                                          {"c.20270115T000000.000004Z", line_of(5)}});
    }

    TEST_CASE("a rotation that fails costs no record, is counted and said, and is tried again a minute later") {
        const test::TempDir dir;
        const std::string folder = dir / "logs", away = dir / "away";
        std::filesystem::create_directory(folder);
        Log log(folder + "/c", {.max_bytes = 1});
        log.write(1, 1);
        std::filesystem::rename(folder, away);
        log.write(2, 3);
        CHECK(log.rotations() == CountsByReason{{"success", 0}, {"failure", 1}});
        log.pass(59s);
        log.write(4, 4);
        CHECK(log.rotations() == CountsByReason{{"success", 0}, {"failure", 1}});
        std::filesystem::rename(away, folder);
        log.pass(1s);
        log.write(5, 5);
        CHECK(log.rotations() == CountsByReason{{"success", 1}, {"failure", 1}});
        CHECK(log.lost() == 0);
        log.close();
        CHECK(files_in(folder) ==
              std::map<std::string, std::string>{{"c", line_of(5)}, {"c.20270115T000100.000000Z", lines_of(1, 4)}});
        const std::string aside = folder + "/c.20270115T000000.000000Z";
        CHECK(log.warnings ==
              std::vector<std::string>{"cannot rotate " + folder + "/c to " + aside + ": No such file or directory"});
    }

    TEST_CASE("a file that cannot be begun leaves the old one under its name") {
        const test::TempDir dir;
        Log log(dir / "c", {.max_bytes = 1});
        log.write(1, 1);
        rlimit before{};
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
        const rlimit none{3, before.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
        log.write(2, 2);
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
        CHECK(log.rotations() == CountsByReason{{"success", 0}, {"failure", 1}});
        log.close();
        CHECK(files_in(dir / "") == std::map<std::string, std::string>{{"c", lines_of(1, 2)}});
    }

    TEST_CASE("a line that a full disk cut is completed in its own file, which is rotated after that") {
        ::signal(SIGXFSZ, SIG_IGN);
        const test::TempDir dir;
        const std::size_t line = line_of(1).size();
        rlimit before{};
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
        Log log(dir / "c", {.max_bytes = line + 1});
        const rlimit tight{line / 2, before.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
        log->consume(numbered(1));
        while (test::contents(dir / "c").size() < line / 2) std::this_thread::yield();
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
        log.write(2, 3);
        CHECK(log.lost() == 0);
        log.close();
        CHECK(files_in(dir / "") == std::map<std::string, std::string>{{"c", line_of(3)},
                                                                       {"c.20270115T000000.000000Z", line_of(1)},
                                                                       {"c.20270115T000000.000001Z", line_of(2)}});
    }

    TEST_CASE("a full disk makes no empty files, which would push out those with records") {
        ::signal(SIGXFSZ, SIG_IGN);
        const test::TempDir dir;
        rlimit before{};
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
        const rlimit none{0, before.rlim_max};
        {
            CallLog log({.path = dir / "c",
                         .rotation = {.max_bytes = line_of(1).size() + 1},
                         .interval = 1h,
                         .warn = [](std::string_view) {}});
            for (int i = 1; i <= 3; ++i) log.consume(numbered(i));
            REQUIRE(::setrlimit(RLIMIT_FSIZE, &none) == 0);
        }
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
        CHECK(files_in(dir / "") == std::map<std::string, std::string>{{"c", ""}});
    }

    TEST_CASE("a rename by others and a request to reopen work beside it") {
        const test::TempDir dir;
        Log log(dir / "c", {.max_bytes = line_of(1).size() * 2});
        log.write(1, 2);
        std::filesystem::rename(dir / "c", dir / "c.1");
        log.write(3, 3);  // too much for the file, whose name is free
        std::filesystem::rename(dir / "c", dir / "c.2");
        log->reopen();
        log.write(4, 4);
        CHECK(log.rotations() == CountsByReason{{"success", 2}, {"failure", 0}});
        log.close();
        CHECK(files_in(dir / "") ==
              std::map<std::string, std::string>{{"c", line_of(4)}, {"c.1", lines_of(1, 2)}, {"c.2", line_of(3)}});
    }

    TEST_CASE("under load from many threads no line is lost, split or written twice") {
        const test::TempDir dir;
        constexpr int threads = 3, calls = 1000;
        {
            Log log(dir / "c", {.max_bytes = 50'000, .keep = 10'000});
            std::vector<std::jthread> workers;
            for (int t = 0; t < threads; ++t)
                workers.emplace_back([&log, t] {
                    for (int i = 0; i < calls; ++i) log->consume(numbered(t * calls + i));
                });
        }
        std::vector<std::string> got, expected;
        const auto files = files_in(dir / "");
        for (const auto& [name, text] : files) {
            CHECK(text.size() <= 50'000);
            for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
                end = std::min(text.find('\n', begin), text.size() - 1) + 1;
                got.push_back(text.substr(begin, end - begin));
            }
        }
        for (int i = 0; i < threads * calls; ++i) expected.push_back(line_of(i));
        std::ranges::sort(got);
        std::ranges::sort(expected);
        CHECK((got == expected));
        CHECK(files.size() > 20);
    }

    TEST_CASE("what is no file is not rotated") {
        Log log("/dev/null", {.max_bytes = 1, .interval = 1ms});
        log.write(1, 3);
        CHECK(log.rotations() == CountsByReason{{"success", 0}, {"failure", 0}});
        CHECK(log->statistics().written == 3);
    }
}

}  // namespace
}  // namespace tokenweir::tracing
