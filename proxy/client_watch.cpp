#include "proxy/client_watch.hpp"

namespace tokenweir::proxy {

using Status = IoResult::Status;

bool ClientWatch::look() {
    if (failure_) std::rethrow_exception(failure_);
    if (!left_ && !waits_.refused()) left_ = !read();
    return !left_;
}

/// To the last byte, unlike a relay: a short read would hide an end that came with it.
bool ClientWatch::read() {
    while (kept_.size() < request_read_bytes) {
        const auto buffer = services_.buffer(response_read_bytes);
        const IoResult result = client_.read_some(buffer);
        if (result.status == Status::would_block) {
            client_.when_readable(Callback::to<&ClientWatch::on_event>(this));
            return true;
        }
        if (result.status != Status::ok) return false;
        services_.counters.client_bytes_read.add(result.bytes);
        kept_.append(buffer.data(), result.bytes);
    }
    if (client_.peer_ended()) return false;
    next_look_.set(services_.now() + look_delay, Callback::to<&ClientWatch::on_event>(this));
    return true;
}

void ClientWatch::on_event() {
    try {
        if (look()) return;
    } catch (const std::exception&) {
        failure_ = std::current_exception();
    }
    waits_.refuse();
    waits_.wake();  // may destroy this
}

}  // namespace tokenweir::proxy
