/// A back end inside the process, which answers as it is told.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include "tracing/export_transport.hpp"

namespace tokenweir::test {

using tracing::ExportAnswer;

/// What it gets and answers, seen from outside of what sends.
struct BackEnd {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<ExportAnswer> script;                     // then 200
    std::vector<std::string> got;                        // bodies, also those that were not taken
    std::size_t largest = SIZE_MAX;                      // 413 above
    bool away = false, blocked = false, scarce = false;  // scarce: there is no memory to post with
    Instant end = Instant::max();

    void add(ExportAnswer answer) { script.push_back(std::move(answer)); }

    void set(bool BackEnd::*flag, bool value) {
        const std::lock_guard lock(mutex);
        this->*flag = value;
        changed.notify_all();
    }

    ExportAnswer post(const std::string& body, Instant deadline) {
        std::unique_lock lock(mutex);
        got.push_back(body);
        changed.notify_all();
        changed.wait_until(lock, deadline, [&] { return !blocked || end != Instant::max(); });
        if (blocked) return {.failure = "timed out"};
        if (scarce) throw std::bad_alloc();
        if (away) return {.failure = "refused"};
        if (body.size() > largest) return {.status = 413};
        if (script.empty()) return {.status = 200};
        ExportAnswer answer = script.front();
        script.pop_front();
        return answer;
    }

    std::size_t posts() {
        const std::lock_guard lock(mutex);
        return got.size();
    }

    void wait_for_posts(std::size_t count) {
        std::unique_lock lock(mutex);
        REQUIRE(changed.wait_for(lock, std::chrono::seconds(10), [&] { return got.size() >= count; }));
    }
};

inline std::string body_of(const tracing::Payload& payload) {
    std::string body;
    for (const std::string_view part : payload.parts()) body += part;
    return body;
}

class TestTransport final : public tracing::ExportTransport {
public:
    explicit TestTransport(BackEnd& back_end) : back_end_(back_end) {}
    ExportAnswer post(const tracing::Payload& payload, Instant deadline) override {
        return back_end_.post(body_of(payload), deadline);
    }
    void end_by(Instant deadline) override {
        const std::lock_guard lock(back_end_.mutex);
        back_end_.end = deadline;
        back_end_.changed.notify_all();
    }
    std::string_view destination() const noexcept override { return "test"; }

private:
    BackEnd& back_end_;
};

}  // namespace tokenweir::test
