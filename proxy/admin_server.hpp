/// The admin port: /healthz, /readyz and whatever handlers are registered, over Beast. Not on the path of any call.
///
/// Whoever comes beyond the number of connections that it serves takes the place of the one that has waited longest
/// without sending a request, or is told to try again. One on which nothing happens for half a minute is closed.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "observation/admin_handler.hpp"
#include "observation/proxy_counters.hpp"
#include "proxy/config.hpp"

namespace tokenweir::proxy {

class AdminServer {
public:
    static constexpr std::size_t for_operators = 32;  ///< connections at a time: scrapers, probes and people
    static constexpr std::size_t for_clients = 1024;  ///< of the listeners' clients, each of which may bring one

    /// Listens on `address` at once; serves when `io` runs. `token`: empty, or what `Authorization: Bearer` must carry
    /// for everything but the two health paths. `refused` counts connections that found no place, and outlives `io`'s
    /// work. Throws std::runtime_error when the address cannot be had.
    AdminServer(boost::asio::io_context& io, const ListenAddress& address, std::string token, Tally& refused,
                std::size_t max_connections = for_operators);
    ~AdminServer();
    AdminServer(const AdminServer&) = delete;
    AdminServer& operator=(const AdminServer&) = delete;

    /// `handler` outlives the server. Before `io` runs, or on the thread that runs it.
    void add(std::string path, AdminHandler& handler);

    /// In the place of the one before. On the thread that runs `io`.
    void set_token(std::string token);

    /// What /readyz says: 200, or 503 with the reason.
    void set_ready(bool ready) noexcept;

    ListenAddress bound() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace tokenweir::proxy
