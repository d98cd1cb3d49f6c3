#include "proxy/worker.hpp"

#include <boost/asio/post.hpp>

namespace tokenweir::proxy {

Worker::Worker(const Config& config, ProxyCounters& counters, const TraceSource& traces, const HeadDecorator& decorator,
               const CallEnricher& enricher, CallSink& sink, ConnectionLimit& connections,
               const TlsContext* upstream_tls)
    : services_{io_, config, counters, traces, decorator, enricher, sink}, server_(services_, upstreams_, connections) {
    for (const Route& route : config.routes)
        upstreams_.push_back(std::make_unique<Upstream>(services_, route, upstream_tls));
}

Worker::~Worker() {
    if (thread_.joinable()) thread_.join();
}

void Worker::start() {
    thread_ = std::thread([this] { io_.run(); });
}

void Worker::drain() {
    boost::asio::post(io_, [this] { server_.drain(Callback::to<&Worker::drained>(this)); });
}

void Worker::cut() {
    boost::asio::post(io_, [this] { server_.cut(); });
}

bool Worker::done() const noexcept { return done_.load(std::memory_order_acquire); }

}  // namespace tokenweir::proxy
