#include "proxy/connector.hpp"

#include <algorithm>
#include <utility>

#include "proxy/connect_race.hpp"
#include "proxy/plain_transport.hpp"

namespace tokenweir::proxy {

Connector::Connector(Services& services, const UpstreamUrl& upstream, const TlsContext* tls)
    : services_(services), upstream_(upstream), tls_(tls) {
    boost::system::error_code not_numeric;
    const auto address = boost::asio::ip::make_address(upstream.host, not_numeric);
    if (!not_numeric) numeric_ = address;
}

Task<Connected> Connector::connect(const Timeouts& timeouts, PhaseClock& phases, Waits& waits) {
    const Instant limit = limit_from(services_.now(), timeouts.connect);
    Connected result;
    Resolver::Answer found = co_await resolve(phases, waits, limit);
    if (found.addresses.empty()) {
        result.failure = services_.now() < limit ? EndCause::dns : EndCause::connect_timeout;
        result.detail = std::move(found.error);
        co_return result;
    }

    phases.sleep(Phase::connect, services_.now());
    std::optional<ConnectRace> race;
    race.emplace(services_.io, in_order_of_trying(std::move(found.addresses), last_good_), upstream_.port);
    ConnectRace::State state = race->advance(services_.now());
    while (state == ConnectRace::State::running && services_.now() < limit && !waits.refused()) {
        ReadyOrLate<ConnectRace> ready(*race, Direction::write, waits, std::min(limit, race->next_attempt()));
        co_await ready;
        state = race->advance(services_.now());
    }
    phases.wake(services_.now());
    if (state != ConnectRace::State::connected) {
        result.failure = state == ConnectRace::State::failed ? EndCause::connect_refused : EndCause::connect_timeout;
        result.detail = race->what_failed();
        co_return result;
    }
    last_good_ = race->address();
    Readiness socket = race->take();
    race.reset();  // the attempts that lost end here

    services_.counters.upstream_connections_opened.add();
    if (tls_ == nullptr) {
        result.transport = std::make_unique<PlainTransport>(std::move(socket));
        co_return result;
    }
    auto transport = std::make_unique<TlsTransport>(std::move(socket), tls_->connect(upstream_.host, tls_session_));
    phases.sleep(Phase::tls, services_.now());
    result.detail = co_await handshake(*transport, waits, limit_from(services_.now(), timeouts.tls));
    phases.wake(services_.now());
    if (result.detail.empty())
        result.transport = std::move(transport);
    else
        result.failure = EndCause::tls;
    co_return result;
}

Task<std::string> Connector::handshake(TlsTransport& transport, Waits& waits, Instant limit) {
    for (;;) {
        switch (transport.handshake()) {
            case TlsTransport::Handshake::done: co_return std::string();
            case TlsTransport::Handshake::failed: co_return transport.failure();
            case TlsTransport::Handshake::want_read: {
                ReadyOrLate<Transport> ready(transport, Direction::read, waits, limit);
                if (!co_await ready) co_return "no TLS handshake within timeouts.tls";
                break;
            }
            case TlsTransport::Handshake::want_write: {
                ReadyOrLate<Transport> ready(transport, Direction::write, waits, limit);
                if (!co_await ready) co_return "no TLS handshake within timeouts.tls";
                break;
            }
        }
    }
}

Task<Resolver::Answer> Connector::resolve(PhaseClock& phases, Waits& waits, Instant limit) {
    Resolver::Answer answer;
    if (numeric_) {
        answer.addresses.push_back(*numeric_);
        co_return answer;
    }
    Resolver::Question question(services_.resolver, upstream_.host, services_.io, services_.now());
    if (question.answer() == nullptr && services_.now() < question.patience_ends()) {
        phases.sleep(Phase::dns, services_.now());
        ReadyOrLate<Resolver::Question> ready(question, Direction::read, waits,
                                              std::min(limit, question.patience_ends()));
        co_await ready;
        phases.wake(services_.now());
    }
    if (question.answer() != nullptr)
        answer = *question.answer();
    else if (!waits.refused())
        answer.addresses = question.known();
    if (answer.addresses.empty() && answer.error.empty())
        answer.error = "no answer from the resolver within timeouts.connect";
    co_return answer;
}

}  // namespace tokenweir::proxy
