/// How a relay moves bytes, one direction after the other; when it does so, and when it stops, is in relay.cpp.
#include <algorithm>

#include "proxy/head_writer.hpp"
#include "proxy/relay.hpp"

namespace tokenweir::proxy {

using Status = IoResult::Status;

namespace {

/// Of one call. RFC 9110 §15.2 sets no limit, and an upstream that says every second that it is still at work (100,
/// 102) is served for hours; an endless run of interim responses is an attack. Counted in bytes, because a rate would
/// refuse what a stalled network delivers all at once.
constexpr std::size_t max_interim_bytes = std::size_t{1} << 20;

/// Keeps what a write left over of two parts.
void keep_rest(std::string& rest, std::string_view first, std::string_view second, std::size_t written) {
    const std::size_t from_first = std::min(written, first.size());
    rest.append(first.substr(from_first)).append(second.substr(written - from_first));
}

}  // namespace

// ---- client to upstream

bool Relay::may_read_client() const noexcept { return to_upstream_.empty() && leftover_.size() < pipeline_bytes; }

void Relay::read_client() {
    for (int turn = 0; turn < reads_in_a_row; ++turn) {
        const auto buffer = services_.buffer(request_read_bytes);
        const IoResult result = client_.read_some(buffer);
        const Instant now = services_.now();
        phases_.wake(now);
        client_drained_ = result.drained;
        if (result.status == Status::would_block) {
            client_.when_readable(calling<&Relay::on_client_readable>());
            return rest();
        }
        if (result.status != Status::ok) return finish(EndCause::client_gone);
        services_.counters.client_bytes_read.add(result.bytes);
        progress(now);
        upload({}, {buffer.data(), result.bytes}, now);
        if (finished_) return;
        if (!may_read_client()) {
            client_drained_ = false;  // nobody watches it now
            return rest();
        }
        if (result.drained) {
            probe_due_ = true;
            client_.when_readable(calling<&Relay::on_client_readable>());
            return rest();
        }
    }
    client_.readable_again(calling<&Relay::on_client_readable>());
    rest();
}

/// Leaves the payload in services_.payloads.
BodyScanner::Result Relay::scan_body(BodyScanner& body, std::string_view bytes) {
    services_.payloads.clear();
    return body.scan(bytes, [this](std::string_view payload) { services_.payloads.push_back(payload); });
}

/// `head`: the request head in front of the body's first piece. Bytes behind the body belong to the next request.
void Relay::upload(std::string_view head, std::string_view bytes, Instant now) {
    const BodyScanner::Result scan = scan_body(request_body_, bytes);
    if (scan.error != nullptr) {
        result_.refusal = {400, scan.error};
        return finish(EndCause::rejected);
    }
    const std::string_view body = bytes.substr(0, scan.consumed);
    if (!upload_broken_ && !(head.empty() && body.empty())) send_upstream(head, body);
    if (finished_) return;
    for (const std::string_view payload : services_.payloads) observer_.request_piece(payload);
    if (request_body_.done() && !upload_done_) upload_ended(now);
    leftover_.append(bytes.substr(scan.consumed));
}

void Relay::send_upstream(std::string_view head, std::string_view body) {
    const IoResult result = upstream_->write_some(head, body);
    services_.counters.upstream_bytes_written.add(result.bytes);
    if (result.status == Status::error) {
        if (!request_begun_) {
            result_.request_unsent = true;
            return finish(EndCause::no_response);
        }
        upload_broken_ = true;
        upstream_->readable_again(calling<&Relay::on_upstream_readable>());
        return;
    }
    request_begun_ = request_begun_ || result.bytes > 0;
    if (result.bytes == head.size() + body.size()) return;
    keep_rest(to_upstream_, head, body, result.bytes);
    progress(services_.now());
    services_.counters.backpressure_pauses.add();
    upstream_->when_writable(calling<&Relay::on_upstream_writable>());
}

void Relay::upload_ended(Instant now) {
    upload_done_ = true;
    observer_.request_end();
    if (to_upstream_.empty()) request_sent(now);
}

// ---- upstream to client

void Relay::read_upstream() {
    for (int turn = 0; turn < reads_in_a_row; ++turn) {
        const auto buffer = services_.buffer(response_read_bytes);
        const IoResult result = upstream_->read_some(buffer);
        const Instant now = services_.now();
        phases_.wake(now);
        if (result.status == Status::would_block) {
            upstream_->when_readable(calling<&Relay::on_upstream_readable>());
            return rest();
        }
        if (result.status != Status::ok) return upstream_ended(result.status == Status::eof);
        services_.counters.upstream_bytes_read.add(result.bytes);
        upstream_spoke_ = true;
        progress(now);
        const std::string_view bytes(buffer.data(), result.bytes);
        if (head_passed_)
            pass_body({}, bytes, now);
        else
            read_response_heads(bytes, now);
        if (finished_) return;
        if (!to_client_.empty()) return rest();  // on_client_writable goes on
        if (result.drained && !until_close_) {
            probe_due_ = true;
            upstream_->when_readable(calling<&Relay::on_upstream_readable>());
            return rest();
        }
    }
    upstream_->readable_again(calling<&Relay::on_upstream_readable>());
    rest();
}

void Relay::upstream_ended(bool properly) {
    if (!head_passed_) {
        result_.upstream_silent = !upstream_spoke_;
        return finish(EndCause::no_response);
    }
    if (!until_close_ || !properly) return finish(EndCause::upstream_closed);
    response_done_ = true;
    finish_if_delivered();
}

void Relay::read_response_heads(std::string_view bytes, Instant now) {
    std::string joined;
    if (!partial_head_.empty()) {
        joined.swap(partial_head_);
        joined.append(bytes);
        bytes = joined;
    }
    const HeadLimits& limits = config_.limits.head;
    while (!finished_ && !head_passed_) {
        const HeadScan scan = scan_response_head(bytes, limits, head_resume_);
        if (scan.state == HeadScan::State::need_more) {
            partial_head_.assign(bytes);
            return;
        }
        ResponseHead& head = services_.response_head;
        std::optional<Refusal> refusal = scan.refusal;
        if (scan.state == HeadScan::State::complete) {
            refusal =
                parse_response_head(bytes.substr(scan.begin, scan.end - scan.begin), limits, request_->method, head);
            bytes.remove_prefix(scan.end);
            head_resume_ = 0;
            if (head.status < 200) interim_bytes_ += scan.end;
        }
        if (!refusal && head.status == 101)
            refusal = Refusal{502, "the upstream switched protocols without being asked to"};
        if (!refusal && interim_bytes_ > max_interim_bytes)
            refusal = Refusal{502, "the upstream sent more than 1 MiB of interim responses"};
        if (refusal) {
            result_.refusal = *refusal;
            return finish(EndCause::bad_response);
        }
        if (head.status < 200)
            pass_interim_head();
        else
            pass_final_head(bytes, now);
    }
}

void Relay::pass_interim_head() {
    if (request_->version == Version::http_1_0) return;  // RFC 9110 §15.2
    services_.scratch.clear();
    write_response_head(services_.response_head,
                        {.client_version = request_->version, .keep_alive = true, .dechunk = false, .call_id = {}},
                        services_.scratch);
    send_client(services_.scratch, {});
    if (upload_done_ && to_upstream_.empty()) request_sent(services_.now());
}

void Relay::pass_final_head(std::string_view bytes, Instant now) {
    ResponseHead& head = services_.response_head;
    head_passed_ = true;
    response_body_ = BodyScanner(head.framing, config_.limits.chunk);
    until_close_ = head.framing.kind == Framing::Kind::until_close;
    dechunk_ = head.framing.kind == Framing::Kind::chunked && request_->version == Version::http_1_0;
    keep_client_ = request_->keep_alive && upload_done_ && !until_close_ && !dechunk_ && !services_.draining;
    keep_upstream_ = head.keep_alive && !until_close_;
    const int status = head.status;
    services_.scratch.clear();
    write_response_head(head,
                        {.client_version = request_->version,
                         .keep_alive = keep_client_,
                         .dechunk = dechunk_,
                         .call_id = observer_.call().id.view()},
                        services_.scratch);
    observer_.response_head({.status = status, .fields = head.fields, .at = now});
    result_.status = status;
    progress(now);
    pass_body(services_.scratch, bytes, now);
}

/// `head`: the response head in front of the body's first piece; it is in the scratch buffer.
void Relay::pass_body(std::string_view head, std::string_view bytes, Instant now) {
    const BodyScanner::Result scan = scan_body(response_body_, bytes);
    if (scan.error != nullptr) {
        result_.refusal = {502, scan.error};
        return finish(EndCause::bad_response);
    }
    const std::string_view body = bytes.substr(0, scan.consumed);
    if (scan.consumed < bytes.size()) keep_upstream_ = false;  // nothing may follow a response
    response_done_ = response_body_.done();

    if (dechunk_) {
        if (head.empty()) services_.scratch.clear();
        for (const std::string_view payload : services_.payloads) services_.scratch.append(payload);
        if (!services_.scratch.empty()) send_client(services_.scratch, {});
    } else {
        send_client(head, body);
    }
    for (const std::string_view payload : services_.payloads) {
        body_seen_ = true;
        observer_.response_piece(payload, now);
    }
    if (!finished_) finish_if_delivered();
}

void Relay::send_client(std::string_view head, std::string_view body) {
    if (head_passed_) result_.response_started = true;  // even if it still waits behind an interim head
    if (!to_client_.empty()) {
        to_client_.append(head).append(body);
        return;
    }
    const IoResult result = client_.write_some(head, body);
    services_.counters.client_bytes_written.add(result.bytes);
    if (result.status == Status::error) return finish(EndCause::client_gone);
    if (result.bytes == head.size() + body.size()) return;
    keep_rest(to_client_, head, body, result.bytes);
    services_.counters.backpressure_pauses.add();
    client_.when_writable(calling<&Relay::on_client_writable>());
}

void Relay::finish_if_delivered() {
    if (response_done_ && to_client_.empty()) finish(EndCause::complete);
}

}  // namespace tokenweir::proxy
