#include "proxy/relay.hpp"

#include <algorithm>
#include <utility>

namespace tokenweir::proxy {

using Status = IoResult::Status;

namespace {

/// Held bytes are an exception: their memory goes back once they are gone.
void release(std::string& held) noexcept { std::string().swap(held); }

}  // namespace

Relay::Relay(Services& services, const Config& config, Transport& client, std::string& leftover,
             parsers::CallObserver& observer, PhaseClock& phases)
    : services_(services),
      config_(config),
      client_(client),
      leftover_(leftover),
      observer_(observer),
      phases_(phases),
      deadline_(services.wheel) {}

void Relay::start(Transport& upstream, const RelayRequest& request, std::string_view head, std::string_view body_start,
                  bool client_drained, Instant now) {
    upstream_ = &upstream;
    request_ = &request;
    request_body_ = BodyScanner(request.framing, config_.limits.chunk);
    client_drained_ = client_drained;
    progress(now);
    upload(head, body_start, now);
    if (finished_) return;
    upstream.when_readable(calling<&Relay::on_upstream_readable>());
    if (!client_drained && may_read_client()) return read_client();
    client_.when_readable(calling<&Relay::on_client_readable>());
    probe_due_ = true;
    rest();
}

// ---- steps

void Relay::on_client_readable() {
    if (may_read_client()) read_client();
}

void Relay::on_upstream_readable() {
    if (to_client_.empty()) read_upstream();
}

void Relay::on_upstream_writable() {
    const IoResult result = upstream_->write_some(to_upstream_);
    phases_.wake(services_.now());
    services_.counters.upstream_bytes_written.add(result.bytes);
    request_begun_ = request_begun_ || result.bytes > 0;
    to_upstream_.erase(0, result.bytes);
    if (result.status == Status::error) {
        upload_broken_ = true;
        to_upstream_.clear();
        if (to_client_.empty())
            read_upstream();  // it may have answered before it stopped reading
        else
            rest();  // on_client_writable goes on
    } else if (!to_upstream_.empty()) {
        if (result.bytes > 0) progress(services_.now());
        upstream_->when_writable(calling<&Relay::on_upstream_writable>());
        rest();
    } else {
        release(to_upstream_);
        progress(services_.now());
        if (upload_done_) request_sent(services_.now());
        if (may_read_client())
            read_client();
        else
            rest();
    }
}

void Relay::on_client_writable() {
    const IoResult result = client_.write_some(to_client_);
    phases_.wake(services_.now());
    services_.counters.client_bytes_written.add(result.bytes);
    to_client_.erase(0, result.bytes);
    if (result.status == Status::error) {
        finish(EndCause::client_gone);
    } else if (!to_client_.empty()) {
        if (result.bytes > 0) progress(services_.now());
        client_.when_writable(calling<&Relay::on_client_writable>());
        rest();
    } else {
        release(to_client_);
        progress(services_.now());
        finish_if_delivered();
        if (!finished_) read_upstream();
    }
}

void Relay::on_deadline() {
    const Instant now = services_.now();
    if (now < limit_) {
        const bool probe = std::exchange(probe_due_, false);
        if (!may_read_client() && client_.peer_ended()) finish(EndCause::client_gone);
        if (!finished_ && probe && may_read_client()) read_client();
        if (!finished_ && probe && to_client_.empty()) read_upstream();
        if (!finished_) rest();
    } else if (head_passed_ || !to_upstream_.empty()) {
        finish(EndCause::idle_timeout);
    } else if (upload_done_ || upload_broken_) {
        finish(EndCause::first_byte_timeout);
    } else {
        result_.refusal = {408, "the request body stopped arriving"};
        finish(EndCause::idle_timeout);
    }
}

void Relay::cut() {
    if (finished_) return;
    result_.refusal = shutting_down;
    finish(EndCause::drained);
    settle();
}

void Relay::give_up() noexcept {
    result_.refusal = {503, "the proxy ran out of memory"};
    finish(EndCause::rejected);
}

void Relay::settle() {
    if (!finished_) return;
    if (const Callback done = std::exchange(done_, {})) done();
}

// ---- time

void Relay::progress(Instant now) noexcept {
    const Timeouts& timeouts = config_.timeouts;
    if (head_passed_ || upload_broken_ || !to_upstream_.empty())
        limit_ = limit_from(now, timeouts.idle);
    else if (!upload_done_)
        limit_ = limit_from(now, timeouts.client_idle);
    // else: first_byte runs from the request's last byte, whatever part of a head trickles in
}

void Relay::request_sent(Instant now) noexcept {
    if (!head_passed_) limit_ = limit_from(now, config_.timeouts.first_byte);
}

void Relay::rest() {
    const Instant now = services_.now();
    phases_.sleep(waiting_for(), now);
    Instant at = limit_;
    if (probe_due_) at = std::min(at, now + probe_delay);
    if (!may_read_client()) at = std::min<Instant>(at, now + look_delay);
    if (at != Instant::max())
        deadline_.set(at, calling<&Relay::on_deadline>());
    else
        deadline_.cancel();
}

Phase Relay::waiting_for() const noexcept {
    if (!to_client_.empty()) return Phase::client_backpressure;
    if (body_seen_) return Phase::generation;
    return upload_done_ || upload_broken_ || upstream_spoke_ ? Phase::upstream_wait : Phase::request_upload;
}

void Relay::finish(EndCause cause) {
    if (finished_) return;
    finished_ = true;
    if (phases_.sleeping()) phases_.wake(services_.now());
    deadline_.cancel();
    client_.ignore();
    upstream_->ignore();
    result_.cause = cause;
    const bool complete = cause == EndCause::complete;
    result_.client_reusable = complete && keep_client_;
    result_.client_drained = client_drained_;
    result_.upstream_reusable = complete && keep_upstream_ && upload_done_ && !upload_broken_ && to_upstream_.empty();
    result_.interim_cut = !result_.response_started && !to_client_.empty();
    result_.cut_needs_reset = !complete && (result_.interim_cut || (head_passed_ && (until_close_ || dechunk_)));
}

}  // namespace tokenweir::proxy
