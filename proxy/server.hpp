/// One thread's clients: takes connections in up to the limit, and sees each to its end.
#pragma once

#include <atomic>
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "proxy/listener.hpp"
#include "proxy/session.hpp"

namespace tokenweir::proxy {

/// Client connections of all threads together; the only number that they share. Not on the path of a byte.
struct ConnectionLimit {
    std::atomic<std::size_t> limit;
    std::atomic<std::size_t> open{0};
};

class Server {
public:
    /// Serves by services.setup.
    Server(Services& services, ConnectionLimit& connections);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Accepts on `fd`, a listening socket, which it takes over: the next one of setup.listener_tls.
    void listen(int fd);

    /// From now on this is served by. Calls in flight keep what they began with; connections to upstreams that the
    /// setups have in common stay open.
    void adopt(std::shared_ptr<const Setup> setup);

    /// Stops accepting, ends idle connections, lets calls in flight finish until timeouts.drain, when what is left is
    /// cut. `drained` runs when the last one is gone.
    void drain(Callback drained);

    /// Ends what is left.
    void cut();

private:
    void accepted(int fd, std::string peer, std::size_t listener);
    void forget_connection();
    static void refuse(int fd);
    Detached run(std::list<Session>::iterator session);
    void on_listener_finished();
    void end_if_drained();

    Services& services_;
    ConnectionLimit& connections_;
    std::vector<std::unique_ptr<AcceptLoop>> listeners_;
    std::size_t listeners_finished_ = 0;
    std::list<Session> sessions_;
    Callback drained_;  // set while draining
    Deadline drain_end_{services_.wheel};
};

}  // namespace tokenweir::proxy
