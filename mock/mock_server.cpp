#include "mock/mock_server.hpp"

#include <pthread.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <thread>

#include "mock/connection.hpp"

namespace tokenweir::mock {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

tcp::endpoint resolve(asio::io_context& io, const std::string& host, std::uint16_t port) {
    tcp::resolver resolver(io);
    return resolver.resolve(host, std::to_string(port), tcp::resolver::passive).begin()->endpoint();
}

asio::awaitable<void> accept_all(tcp::acceptor& acceptor, Counts& counts) {
    asio::steady_timer pause(acceptor.get_executor());
    for (;;) {
        auto [error, socket] = co_await acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
        if (error) {  // out of descriptors, most likely: give some a chance to be closed
            pause.expires_after(10ms);
            co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
            continue;
        }
        asio::co_spawn(acceptor.get_executor(), serve(std::move(socket), counts), asio::detached);
    }
}

}  // namespace

struct MockServer::Loop {
    Loop(const std::string& host, std::uint16_t port, Counts& counts) : acceptor(io, resolve(io, host, port)) {
        asio::co_spawn(io, accept_all(acceptor, counts), asio::detached);
        thread = std::thread([this] { io.run(); });
        ::pthread_setname_np(thread.native_handle(), "tw-mock");
    }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    ~Loop() {
        io.stop();
        thread.join();
    }

    asio::io_context io{1};  // its end is that of every connection
    tcp::acceptor acceptor;
    std::thread thread;
};

MockServer::MockServer(const std::string& host, std::uint16_t port)
    : loop_(std::make_unique<Loop>(host, port, counts_)), port_(loop_->acceptor.local_endpoint().port()) {}

MockServer::~MockServer() { stop(); }

void MockServer::stop() noexcept { loop_.reset(); }

}  // namespace tokenweir::mock
