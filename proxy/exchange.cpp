#include "proxy/exchange.hpp"

#include <utility>

#include "proxy/body_scanner.hpp"
#include "proxy/client_watch.hpp"
#include "proxy/head_writer.hpp"
#include "proxy/routes.hpp"

namespace tokenweir::proxy {

namespace {

/// RFC 9110 §9.2.2: methods that may be repeated when it is not known whether they were carried out.
bool is_idempotent(std::string_view method) noexcept {
    for (const std::string_view safe : {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
        if (method == safe) return true;
    return false;
}

std::string_view connect_failure_code(EndCause cause) noexcept {
    if (cause == EndCause::dns) return "upstream_dns";
    if (cause == EndCause::connect_timeout) return "upstream_connect_timeout";
    return cause == EndCause::tls ? "upstream_tls" : "upstream_connect_refused";
}

Connected unconnected(EndCause why) {
    Connected none;
    none.failure = why;
    return none;
}

const parsers::RouteFacts no_route;

std::string known_prefixes(const Config& config) {
    std::string text;
    for (const Route& route : config.routes) text.append(text.empty() ? "" : ", ").append(route.prefix);
    return text;
}

}  // namespace

struct Exchange::Reply {
    int status;
    std::string_view code;
    std::string message;
    EndCause cause;
    bool may_keep_alive = false;
    std::string_view extra_fields = {};
};

Exchange::Exchange(Services& services, Waits& waits, Transport& client, std::string_view client_address,
                   std::string& leftover)
    : Exchange(services, waits, client, client_address, leftover, std::chrono::system_clock::now(), services.now()) {}

Exchange::Exchange(Services& services, Waits& waits, Transport& client, std::string_view client_address,
                   std::string& leftover, WallTime wall_time, Instant now)
    : services_(services),
      routing_(services.routing),
      config_(routing_->setup->config),
      waits_(waits),
      client_(client),
      client_address_(client_address),
      leftover_(leftover),
      call_(std::make_shared<LlmCall>()),
      observer_(config_.observer, *call_, services.call_ids.next(wall_time), wall_time, now),
      phases_(call_->timings),
      started_at_(now) {
    services_.counters.calls_accepted.add();
    services_.counters.calls_in_flight.add();
}

Exchange::~Exchange() {
    if (!recorded_) record(EndCause::rejected, std::nullopt, services_.now());  // an exception is on its way out
}

Task<AfterExchange> Exchange::run(std::string_view body_start, bool client_drained) {
    const RequestHead& head = services_.request_head;
    request_ = {.framing = head.framing,
                .version = head.version,
                .keep_alive = head.keep_alive,
                .method = std::string(head.method)};
    const auto match = match_route(config_.routes, head.origin_target);
    const Target* upstream = match ? &routing_->targets[match->index] : nullptr;

    std::string& target = services_.target;
    target.clear();
    if (upstream != nullptr) append_upstream_target(config_.routes[match->index].upstream, match->rest, target);
    if (upstream != nullptr)
        show_head(head.origin_target, target, upstream->facts);
    else
        show_head(head.origin_target, head.origin_target, no_route);

    const bool bodyless = head.framing.kind == Framing::Kind::none;
    if (upstream == nullptr) {
        show_body(body_start);
        if (bodyless) leftover_.append(body_start);
        call_->refusal = "no route for this path";
        Reply answer{404, "no_route", "no route for this path; expected one of the prefixes " + known_prefixes(config_),
                     EndCause::rejected, bodyless};
        return reply(std::move(answer));
    }
    if (head.wants_websocket) {
        constexpr std::string_view why = "this route does not carry WebSockets; send the request over HTTP/1.1";
        call_->refusal = why;
        Reply answer{426, "upgrade_refused", std::string(why), EndCause::rejected, false, "Upgrade: HTTP/1.1\r\n"};
        return reply(std::move(answer));
    }
    HeadChanges& changes = services_.head_changes;
    changes.clear();
    services_.decorator.decorate(
        {.fields = head.fields, .target = target, .trace = *call_->trace, .forwarding = upstream->forwarding}, changes);
    for (const std::size_t i : changes.dropped) services_.request_head.drop(i);
    services_.scratch.clear();
    write_request_head(head, {.target = target, .host = upstream->authority, .further_fields = changes.lines},
                       services_.scratch);
    return forward(*upstream, body_start, client_drained);
}

Task<AfterExchange> Exchange::forward(const Target& target, std::string_view body_start, bool client_drained) {
    if (const char* error = error_in_body(body_start)) {
        show_body(body_start);
        RelayResult refused;
        refused.cause = EndCause::rejected;
        refused.refusal = {400, error};
        co_return co_await answer_for(refused);
    }
    Upstream& upstream = *target.upstream;
    const bool repeatable = is_idempotent(request_.method) && request_.framing.kind == Framing::Kind::none;
    std::string kept_head, kept_body;  // copies, for when there is a suspension between the head and its sending
    for (bool fresh = false;; fresh = true) {
        std::unique_ptr<Transport> connection = fresh ? nullptr : upstream.pool.take();
        const bool reused = connection != nullptr;
        if (!reused || repeatable) {
            if (kept_head.empty()) kept_head = services_.scratch;
        }
        if (reused) {
            services_.counters.upstream_connections_reused.add();
        } else {
            if (!fresh) kept_body = body_start;
            Connected connected = co_await connect(upstream, kept_body);
            if (!connected.transport) {
                show_body(kept_body);
                co_return co_await answer_unconnected(target, std::move(connected));
            }
            connection = std::move(connected.transport);
            body_start = kept_body;
        }

        services_.counters.upstream_connections_open.add();
        relay_.emplace(services_, config_, client_, leftover_, observer_, phases_);
        relay_->start(*connection, request_, kept_head.empty() ? services_.scratch : kept_head, body_start,
                      reused && client_drained, reused ? started_at_ : services_.now());
        if (!relay_->finished()) {
            Once finished([this](Callback callback) { relay_->when_finished(callback); });
            co_await finished;
        }
        services_.counters.upstream_connections_open.remove();
        const Instant now = services_.now();
        const RelayResult result = relay_->result();
        const bool stale = reused && (result.request_unsent || (result.upstream_silent && repeatable)) &&
                           result.cause == EndCause::no_response;
        if (stale) {
            // Not one byte of it was sent, or it may be repeated and not one byte came back (RFC 9110 §9.2.2).
            services_.counters.upstream_retries.add();
            call_->timings.retried = now;
            if (kept_head.empty()) kept_head = services_.scratch;
            if (kept_body.empty()) kept_body = result.request_unsent ? body_start : std::string_view{};
            relay_.reset();
            continue;
        }
        if (result.request_unsent) show_body(body_start);
        if (result.upstream_reusable) upstream.pool.put(std::move(connection), now);
        connection.reset();  // a client that left ends the generation here
        if (!result.unanswered()) co_return conclude(result, now);
        co_return co_await answer_for(result);
    }
}

/// Meanwhile `kept_body` takes what the client sends. `failure` may also be client_gone or drained.
Task<Connected> Exchange::connect(Upstream& upstream, std::string& kept_body) {
    ClientWatch client(services_, client_, kept_body, waits_);
    if (!client.look()) co_return unconnected(EndCause::client_gone);
    Connected connected = co_await upstream.connector.connect(config_.timeouts, phases_, waits_);
    if (!client.look()) {
        if (connected.transport) upstream.pool.put(std::move(connected.transport), services_.now());
        connected = unconnected(EndCause::client_gone);
    } else if (waits_.refused()) {
        connected = unconnected(EndCause::drained);
    }
    co_return connected;
}

Task<AfterExchange> Exchange::answer_unconnected(const Target& target, Connected failed) {
    if (failed.failure == EndCause::client_gone || failed.failure == EndCause::drained) {
        RelayResult result;
        result.cause = failed.failure;
        if (result.cause == EndCause::client_gone) co_return conclude(result, services_.now());
        result.refusal = shutting_down;
        co_return co_await answer_for(result);
    }
    const bool late = failed.failure == EndCause::connect_timeout;
    Reply answer{late ? 504 : 502, connect_failure_code(failed.failure),
                 "cannot connect to " + target.authority + ": " + failed.detail, failed.failure};
    co_return co_await reply(std::move(answer));
}

/// Whom the call is from, what for, and which trace it is part of, as far as services_.request_head says so.
void Exchange::show_head(std::string_view target, std::string_view forwarded_target, const parsers::RouteFacts& route) {
    const RequestHead& head = services_.request_head;
    observer_.request_head({.method = head.method,
                            .target = target,
                            .forwarded_target = forwarded_target,
                            .fields = head.fields,
                            .client_address = client_address_},
                           route);
    call_->trace = services_.traces.trace_of(head.fields);
}

/// The relay would find it too, but on a connection of the upstream's, which would be closed for it.
const char* Exchange::error_in_body(std::string_view start) const noexcept {
    if (request_.framing.kind != Framing::Kind::chunked) return nullptr;
    return BodyScanner(request_.framing, config_.limits.chunk).scan(start).error;
}

/// What was read of a body that no relay passes on. Requests may be pipelined behind it.
void Exchange::show_body(std::string_view bytes) {
    BodyScanner body(request_.framing, config_.limits.chunk);
    body.scan(bytes, [this](std::string_view payload) { observer_.request_piece(payload); });
}

/// Of a call whose client got from the upstream what it gets, or is gone.
AfterExchange Exchange::conclude(const RelayResult& result, Instant now) {
    client_drained_ = result.client_drained;
    call_->refusal = result.refusal.reason;
    record(result.cause, result.status, now);
    if (result.cause != EndCause::complete) return result.cut_needs_reset ? AfterExchange::reset : AfterExchange::close;
    return result.client_reusable ? AfterExchange::next_request : AfterExchange::linger;
}

/// Why there is no response from the upstream, in our own words.
Task<AfterExchange> Exchange::answer_for(const RelayResult& result) {
    call_->refusal = result.refusal.reason;
    Reply answer{502, "upstream_closed", "the upstream closed the connection without a response", result.cause};
    switch (result.cause) {
        case EndCause::rejected:
            answer = {result.refusal.status, result.refusal.status == 503 ? "out_of_memory" : "malformed_request",
                      std::string(result.refusal.reason), result.cause};
            break;
        case EndCause::bad_response:
            answer = {502, "bad_upstream_response",
                      "the upstream's response breaks HTTP/1.1: " + std::string(result.refusal.reason), result.cause};
            break;
        case EndCause::first_byte_timeout:
            answer = {504, "first_byte_timeout", "no response within timeouts.first_byte", result.cause};
            break;
        case EndCause::idle_timeout:
            if (result.refusal.status == 408)
                answer = {408, "request_timeout", std::string(result.refusal.reason), result.cause};
            else
                answer = {504, "idle_timeout", "the upstream stopped reading the request", result.cause};
            break;
        case EndCause::drained:
            answer = {result.refusal.status, "draining", std::string(result.refusal.reason), result.cause};
            break;
        case EndCause::complete:
        case EndCause::client_gone:
        case EndCause::upstream_closed:
        case EndCause::no_response:
        case EndCause::dns:
        case EndCause::connect_refused:
        case EndCause::connect_timeout:
        case EndCause::tls: break;
    }
    return reply(std::move(answer));
}

Task<AfterExchange> Exchange::refuse(Refusal refusal) {
    const RequestHead& head = services_.request_head;
    request_.keep_alive = false;
    request_.method = head.method;
    std::string_view target = head.origin_target.empty() ? head.target : head.origin_target;
    if (!target.starts_with('/') && target != "*") target = {};  // an authority may name a user
    show_head(target, target, no_route);
    call_->refusal = refusal.reason;
    Reply answer{refusal.status, "malformed_request", std::string(refusal.reason), EndCause::rejected};
    return reply(std::move(answer));
}

Task<AfterExchange> Exchange::reply(Reply answer) {
    const bool keep = answer.may_keep_alive && request_.keep_alive && !services_.draining;
    std::string text;
    write_local_reply({.status = answer.status,
                       .code = answer.code,
                       .message = answer.message,
                       .keep_alive = keep,
                       .head_request = request_.method == "HEAD",
                       .call_id = call_->id.view(),
                       .extra_fields = answer.extra_fields},
                      text);
    const bool sent = co_await write_all(client_, std::move(text), waits_, services_.now() + reply_time);
    record(sent || answer.cause != EndCause::rejected ? answer.cause : EndCause::client_gone, answer.status,
           services_.now());
    if (!sent) co_return AfterExchange::close;
    co_return keep ? AfterExchange::next_request : AfterExchange::linger;
}

void Exchange::record(EndCause cause, std::optional<int> status, Instant now) noexcept {
    recorded_ = true;
    ended_at_ = now;
    phases_.wake(now);
    observer_.finish(cause, status, now);
    services_.enricher.enrich(*call_);
    services_.sink.consume(call_);
    // Last: whoever sees nothing in flight finds every record where it belongs.
    services_.counters.calls_in_flight.remove();
    services_.counters.calls_finished[static_cast<std::size_t>(call_->outcome)].add();
}

void Exchange::cut() {
    if (relay_ && !relay_->finished())
        relay_->cut();
    else
        waits_.wake();
}

}  // namespace tokenweir::proxy
