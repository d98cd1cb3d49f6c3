#include "proxy/session.hpp"

#include <algorithm>

#include "proxy/head_writer.hpp"
#include "proxy/routes.hpp"

namespace tokenweir::proxy {

using Status = IoResult::Status;

namespace {

/// RFC 9112 §9.6: how long, for how long without a byte, and how much is read and thrown away so that the client can
/// read our last words: one that is still uploading would lose them to a reset.
constexpr std::chrono::seconds linger_time{5};
constexpr std::chrono::seconds linger_silence{1};
constexpr std::size_t linger_bytes = std::size_t{64} << 20;

/// While draining, how old a connection gets without its first request: who connects is about to send one, and cannot
/// know that the proxy is going away.
constexpr std::chrono::seconds first_request_time{1};

}  // namespace

Session::Session(Services& services, std::unique_ptr<Transport> client, TlsTransport* tls, std::string client_address)
    : services_(services),
      client_(std::move(client)),
      tls_(tls),
      client_address_(std::move(client_address)),
      waits_(services.wheel),
      connected_at_(services.now()) {}

Task<> Session::run() {
    if (tls_ != nullptr && !co_await handshake()) co_return;
    for (Instant now = connected_at_;;) {
        const HeadState state = co_await read_head(now);
        if (state == HeadState::none_follows) co_await linger();
        if (state == HeadState::closed || state == HeadState::none_follows) co_return;
        if (state == HeadState::late && view_.empty()) co_return;
        AfterExchange then = AfterExchange::close;
        if (state == HeadState::late) {
            std::string text;
            write_local_reply({.status = 408,
                               .code = "request_timeout",
                               .message = "the request head did not arrive within timeouts.client_header"},
                              text);
            if (co_await write_all(*client_, std::move(text), waits_, services_.now() + reply_time))
                then = AfterExchange::linger;
        } else if (state == HeadState::complete && is_probe()) {
            then = co_await answer_probe();
        } else {
            then = co_await serve();
        }
        drained_ = exchange_ && exchange_->client_drained();
        now = exchange_ ? exchange_->ended_at() : services_.now();
        exchange_.reset();
        first_ = false;
        if (then != AfterExchange::next_request || waits_.refused()) {
            co_await part(then);
            co_return;
        }
    }
}

Task<bool> Session::handshake() {
    const Instant limit = limit_from(services_.now(), services_.config().timeouts.tls);
    for (;;) {
        const TlsTransport::Handshake step = tls_->handshake();
        if (step == TlsTransport::Handshake::done) {
            connected_at_ = services_.now();
            co_return true;
        }
        if (step == TlsTransport::Handshake::failed) co_return false;
        Wait ready(*client_, step == TlsTransport::Handshake::want_read ? Direction::read : Direction::write, waits_,
                   limit);
        if (!co_await ready) co_return false;
    }
}

/// Fills view_ with at least one whole head and scan_ with where it is. A head that arrives in one read is never
/// copied.
Task<Session::HeadState> Session::read_head(Instant now) {
    const Timeouts timeouts = services_.config().timeouts;  // a copy: a reload may come while this waits
    std::size_t resume_at = 0;
    bool waited = false;
    current_.clear();
    view_ = held_;
    Instant limit = limit_from(now, first_ || !view_.empty() ? timeouts.client_header : timeouts.keep_alive);
    for (;;) {
        if (!view_.empty()) {
            scan_ = scan_request_head(view_, services_.config().limits.head, resume_at);
            if (scan_.state == HeadScan::State::refused) co_return HeadState::refused;
            if (scan_.state == HeadScan::State::complete) break;
            now = services_.now();
            if (held_.empty()) {
                if (!first_) limit = limit_from(now, timeouts.client_header);
                held_.assign(view_);
            }
            view_ = held_;
        }
        const auto buffer = services_.buffer(request_read_bytes);
        const bool draining = services_.draining;  // then a look costs less than a request that is not seen
        const bool look = !drained_ || draining;
        const IoResult result = look ? client_->read_some(buffer) : IoResult{.status = Status::would_block};
        if (result.status == Status::eof || result.status == Status::error) co_return HeadState::closed;
        drained_ = result.status == Status::ok && result.drained;
        if (result.status == Status::would_block) {
            if (draining && view_.empty()) {
                limit = std::min(limit, idle_limit());
                if (limit <= services_.now()) co_return waited || first_ ? HeadState::late : HeadState::none_follows;
            }
            const Instant until = look ? limit : std::min(limit, now + probe_delay);
            Wait ready(*client_, Direction::read, waits_, until);
            idle_ = view_.empty();
            const bool in_time = co_await ready;
            idle_ = false;
            drained_ = false;
            waited = true;
            if (waits_.refused()) co_return HeadState::closed;
            const bool woken = draining != services_.draining;  // by drain(): look
            if (!in_time && !woken && until == limit) co_return HeadState::late;
            continue;
        }
        services_.counters.client_bytes_read.add(result.bytes);
        if (view_.empty()) {
            view_ = {buffer.data(), result.bytes};
        } else {
            held_.append(buffer.data(), result.bytes);
            view_ = held_;
        }
    }
    if (!held_.empty()) {
        current_.swap(held_);  // held_ is for what comes next
        view_ = current_;
    }
    co_return HeadState::complete;
}

Task<AfterExchange> Session::serve() {
    exchange_.emplace(services_, waits_, *client_, client_address_, held_);
    std::optional<Refusal> refusal = scan_.refusal;
    const HeadLimits& limits = services_.config().limits.head;
    if (scan_.state == HeadScan::State::complete)
        refusal =
            parse_request_head(view_.substr(scan_.begin, scan_.end - scan_.begin), limits, services_.request_head);
    else
        read_request_line(view_, limits, services_.request_head);
    return refusal ? exchange_->refuse(*refusal) : exchange_->run(view_.substr(scan_.end), drained_);
}

/// While draining, until when the first byte of a request may come.
Instant Session::idle_limit() const noexcept { return first_ ? connected_at_ + first_request_time : Instant::min(); }

/// HEAD / and GET / are how clients ask whether anybody is there. Where no route serves them nobody else could answer.
bool Session::is_probe() const noexcept {
    const std::string_view head = view_.substr(scan_.begin, scan_.end - scan_.begin);
    const bool asks = head.starts_with("GET / HTTP/1.") || head.starts_with("HEAD / HTTP/1.");
    return asks && !match_route(services_.config().routes, "/");
}

Task<AfterExchange> Session::answer_probe() {
    RequestHead& head = services_.request_head;
    const auto refusal =
        parse_request_head(view_.substr(scan_.begin, scan_.end - scan_.begin), services_.config().limits.head, head);
    if (refusal || head.framing.kind != Framing::Kind::none) {
        const AfterExchange then = co_await serve();  // not what a probe looks like: judged like any other request
        co_return then;
    }
    services_.counters.probes_answered.add();
    held_.assign(view_.substr(scan_.end));
    constexpr std::string_view text = "Tokenweir is running.\n";
    const bool keep = head.keep_alive && !services_.draining;
    std::string response =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " + std::to_string(text.size()) +
        (keep ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
    if (head.method == "GET") response.append(text);
    const bool sent = co_await write_all(*client_, std::move(response), waits_, services_.now() + reply_time);
    if (!sent) co_return AfterExchange::close;
    co_return keep ? AfterExchange::next_request : AfterExchange::linger;
}

Task<> Session::part(AfterExchange how) {
    if (how == AfterExchange::reset) client_->abort_on_close();
    if (how == AfterExchange::linger || how == AfterExchange::next_request) co_await linger();
}

Task<> Session::linger() {
    client_->shutdown_write();
    const Instant limit = services_.now() + linger_time;
    int reads = 0;
    for (std::size_t thrown_away = 0; thrown_away < linger_bytes;) {
        const IoResult result = client_->read_some(services_.buffer(request_read_bytes));
        if (result.status == Status::ok) {
            thrown_away += result.bytes;
            if (++reads % reads_in_a_row != 0) continue;
            Once others([this](Callback next_turn) { client_->readable_again(next_turn); });
            co_await others;
            if (waits_.refused() || limit <= services_.now()) co_return;
            continue;
        }
        if (result.status != Status::would_block) co_return;
        Wait ready(*client_, Direction::read, waits_, std::min(limit, services_.now() + linger_silence));
        if (!co_await ready) co_return;
    }
}

void Session::drain() {
    if (idle_) waits_.wake();
}

void Session::cut() {
    waits_.refuse();
    if (exchange_)
        exchange_->cut();
    else
        waits_.wake();
}

}  // namespace tokenweir::proxy
