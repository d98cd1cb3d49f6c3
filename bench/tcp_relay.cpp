/// The floor: copies bytes between two TCP connections and knows nothing of HTTP. No userspace proxy can cost much
/// less.
///
///     tcp_relay --upstream PORT [--port N]        default: a free port, printed on stdout
#include "bench/kit.hpp"

namespace {

using namespace tokenweir::bench;

/// One end of a relayed connection. Bytes that the other end's socket did not take wait here, and nothing is read
/// meanwhile.
struct End {
    int peer = -1;
    std::string unsent;
    bool at_end = false;  // everything of this side has been read
};

class Relay {
public:
    Relay(std::uint16_t port, std::uint16_t upstream) : upstream_(upstream), listener_(listen_and_announce(port)) {
        epoll_.add(listener_, EPOLLIN);
    }

    [[noreturn]] void run() {
        for (;;)
            for (const epoll_event& event : epoll_.wait()) {
                const int fd = event.data.fd;
                if (fd == listener_)
                    accept_all();
                else if (end_of(fd).peer < 0)
                    continue;  // closed earlier in this round
                else if (event.events & EPOLLOUT)
                    flush(end_of(fd).peer);
                else if (end_of(fd).at_end || !end_of(fd).unsent.empty())
                    drop(fd);  // nothing is read here now, so it is a hang-up
                else
                    copy(fd);
            }
    }

private:
    End& end_of(int fd) { return ends_[static_cast<std::size_t>(fd)]; }

    void accept_all() {
        for (int client; (client = accept_from(listener_)) >= 0;) {
            const int server = connect_to(upstream_);
            const auto highest = static_cast<std::size_t>(std::max(client, server));
            if (highest >= ends_.size()) ends_.resize(highest + 1024);
            end_of(client).peer = server;
            end_of(server).peer = client;
            epoll_.add(client, EPOLLIN);
            epoll_.add(server, EPOLLIN);
        }
    }

    void copy(int from) {
        const ssize_t got = recv(from, buffer_.data(), buffer_.size(), 0);
        if (got < 0) return errno == EAGAIN ? void() : drop(from);
        End& end = end_of(from);
        if (got == 0) {
            end.at_end = true;
            if (end_of(end.peer).at_end) return drop(from);
            shutdown(end.peer, SHUT_WR);
            epoll_.modify(from, 0);
            return;
        }
        const auto size = static_cast<std::size_t>(got);
        const ssize_t sent = send(end.peer, buffer_.data(), size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return drop(from);
        const std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
        if (taken == size) return;
        end.unsent.assign(buffer_.data() + taken, size - taken);
        watch(from);
        watch(end.peer);
    }

    /// Sends what was read from `from` and is still here.
    void flush(int from) {
        End& end = end_of(from);
        const ssize_t sent = send(end.peer, end.unsent.data(), end.unsent.size(), MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN ? void() : drop(from);
        end.unsent.erase(0, static_cast<std::size_t>(sent));
        if (!end.unsent.empty()) return;
        watch(from);
        watch(end.peer);
    }

    void watch(int fd) {
        const End& end = end_of(fd);
        const bool reads = end.unsent.empty() && !end.at_end;
        const bool writes = !end_of(end.peer).unsent.empty();
        epoll_.modify(fd, (reads ? EPOLLIN : 0u) | (writes ? EPOLLOUT : 0u));
    }

    void drop(int fd) {
        const int peer = end_of(fd).peer;
        end_of(fd) = {};
        end_of(peer) = {};
        close(fd);
        close(peer);
    }

    std::uint16_t upstream_;
    Epoll epoll_;
    int listener_;
    std::vector<End> ends_;
    std::array<char, 64 * 1024> buffer_{};
};

}  // namespace

int main(int count, char** values) {
    const Arguments arguments(count, values);
    raise_file_limit();
    Relay(static_cast<std::uint16_t>(arguments.number("--port", 0)),
          static_cast<std::uint16_t>(arguments.number("--upstream", 0)))
        .run();
}
