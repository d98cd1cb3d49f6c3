/// A lazy coroutine that its awaiter owns: awaiting it starts it, destroying it destroys everything beneath it.
///
/// Asio's awaitable is not used here because a session needs no executor: it lives on one thread and is resumed by the
/// readiness callback of its own connection. A Task costs one allocation (its frame) and one indirect jump per
/// resumption. g++ 12 destroys aggregate and capturing-lambda temporaries in a co_await expression twice: name them
/// first.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "proxy/callback.hpp"

namespace tokenweir::proxy {

namespace detail {

struct PromiseBase {
    std::coroutine_handle<> awaiter;
    std::exception_ptr failure;

    struct ResumeAwaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
            return done.promise().awaiter;
        }
        void await_resume() const noexcept {}
    };

    std::suspend_always initial_suspend() const noexcept { return {}; }
    ResumeAwaiter final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { failure = std::current_exception(); }
};

template <class T>
struct Promise : PromiseBase {
    std::optional<T> value;
    std::coroutine_handle<Promise> get_return_object() noexcept {
        return std::coroutine_handle<Promise>::from_promise(*this);
    }
    void return_value(T result) { value.emplace(std::move(result)); }
    T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
    std::coroutine_handle<Promise> get_return_object() noexcept {
        return std::coroutine_handle<Promise>::from_promise(*this);
    }
    void return_void() const noexcept {}
    void take() const noexcept {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
public:
    using promise_type = detail::Promise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    Task(Handle frame) noexcept : frame_(frame) {}  // NOLINT: made by the coroutine machinery
    Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    Task& operator=(Task&&) = delete;
    ~Task() {
        if (frame_) frame_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
        frame_.promise().awaiter = awaiter;
        return frame_;
    }
    T await_resume() {
        if (frame_.promise().failure) std::rethrow_exception(frame_.promise().failure);
        return frame_.promise().take();
    }

private:
    Handle frame_;
};

/// The root of a chain of tasks: starts at once, frees itself at its end. Must not throw.
struct Detached {
    struct promise_type {  // NOLINT: the language's name
        Detached get_return_object() const noexcept { return {}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::terminate(); }
    };
};

/// Awaits one callback: `co_await Once(arm)` calls `arm(Callback)` and goes on when that callback runs.
template <class Arm>
class Once {
public:
    explicit Once(Arm arm) : arm_(std::move(arm)) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> frame) {
        arm_(Callback{[](void* address) { std::coroutine_handle<>::from_address(address).resume(); }, frame.address()});
    }
    void await_resume() const noexcept {}

private:
    Arm arm_;
};

}  // namespace tokenweir::proxy
