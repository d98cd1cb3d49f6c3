/// One thread of the proxy: its own event loop, listening sockets, clients and upstream connections.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "proxy/server.hpp"

namespace tokenweir::proxy {

class Worker {
public:
    /// All references outlive the worker.
    Worker(std::shared_ptr<const Setup> setup, ProxyCounters& counters, const TraceSource& traces,
           const HeadDecorator& decorator, const CallEnricher& enricher, CallSink& sink, Resolver& resolver,
           ConnectionLimit& connections);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Before start(): takes over a listening socket, the next one of setup.listener_tls.
    void listen(int fd) { server_.listen(fd); }

    /// `number` is for its thread's name.
    void start(std::size_t number);

    // From any thread, after start():
    /// Once `adopted` runs, on the worker's thread, new calls are served by `setup`.
    void adopt(std::shared_ptr<const Setup> setup, std::function<void()> adopted);
    void drain();                ///< the thread ends when its last call has
    void cut();                  ///< what is still in flight ends now
    bool done() const noexcept;  ///< nothing is left to do

private:
    void drained() noexcept {
        done_.store(true, std::memory_order_release);
        io_.stop();
    }

    // One thread touches its sockets, so that their states need no locks; other threads only post.
    boost::asio::io_context io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
    Services services_;
    Server server_;
    std::atomic<bool> done_{false};
    std::thread thread_;
};

}  // namespace tokenweir::proxy
