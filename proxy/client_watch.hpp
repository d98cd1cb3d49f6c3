/// Watches a client while its call's upstream is being connected to, when nothing can be passed on yet.
#pragma once

#include <exception>
#include <string>

#include "proxy/await.hpp"
#include "proxy/services.hpp"
#include "proxy/transport.hpp"

namespace tokenweir::proxy {

/// A client is read then too, as far as one read fits that may have to be kept, because its end stands behind what it
/// sends. One that sends more is asked for its end at every turn of the wheel.
class ClientWatch {
public:
    /// `kept` takes what the client sends. When it leaves, `waits` refuse, and the present wait ends. All references
    /// outlive the watch.
    ClientWatch(Services& services, Transport& client, std::string& kept, Waits& waits) noexcept
        : services_(services), client_(client), kept_(kept), waits_(waits), next_look_(services.wheel) {}
    ~ClientWatch() { client_.ignore(); }
    ClientWatch(const ClientWatch&) = delete;
    ClientWatch& operator=(const ClientWatch&) = delete;

    /// False: the client has left. Otherwise it is watched from now on, unless `waits` refuse. Costs a read, or two if
    /// there is something. Throws what was thrown since the last look, or std::bad_alloc.
    bool look();

private:
    bool read();
    void on_event();

    Services& services_;
    Transport& client_;
    std::string& kept_;
    Waits& waits_;
    Deadline next_look_;
    std::exception_ptr failure_;
    bool left_ = false;
};

}  // namespace tokenweir::proxy
