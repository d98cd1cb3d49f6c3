#include "proxy/worker.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <string>
#include <utility>

namespace tokenweir::proxy {

Worker::Worker(std::shared_ptr<const Setup> setup, ProxyCounters& counters, const TraceSource& traces,
               const HeadDecorator& decorator, const CallEnricher& enricher, CallSink& sink, Resolver& resolver,
               ConnectionLimit& connections)
    : services_{io_, std::move(setup), counters, traces, decorator, enricher, sink, resolver},
      server_(services_, connections) {}

Worker::~Worker() {
    if (thread_.joinable()) thread_.join();
}

void Worker::start(std::size_t number) {
    thread_ = std::thread([this] { io_.run(); });
    ::pthread_setname_np(thread_.native_handle(), ("tw-io-" + std::to_string(number)).c_str());
}

void Worker::adopt(std::shared_ptr<const Setup> setup, std::function<void()> adopted) {
    boost::asio::post(io_, [this, setup = std::move(setup), adopted = std::move(adopted)]() mutable {
        server_.adopt(std::move(setup));
        adopted();
    });
}

void Worker::drain() {
    boost::asio::post(io_, [this] { server_.drain(Callback::to<&Worker::drained>(this)); });
}

void Worker::cut() {
    boost::asio::post(io_, [this] { server_.cut(); });
}

bool Worker::done() const noexcept { return done_.load(std::memory_order_acquire); }

}  // namespace tokenweir::proxy
