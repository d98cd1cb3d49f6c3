/// The admin port's own limits: of connections and of bodies.
#include "proxy/admin_server.hpp"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/integration/sockets.hpp"

using namespace tokenweir;
using namespace tokenweir::test;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

/// Answers with `size` bytes, or 413, and remembers the bodies: their size, and whether they were left out.
struct Handler final : AdminHandler {
    std::size_t size = 1;
    std::vector<std::pair<std::size_t, bool>> bodies{};

    AdminResponse handle(const AdminRequest& request) override {
        bodies.emplace_back(request.body.size(), request.body_left_out);
        if (request.body_left_out) return {.status = 413, .body = "less\n"};
        return {.body = std::string(size, 'x')};
    }
};

struct Admin {
    boost::asio::io_context io{1};
    Handler handler;
    Tally refused;
    proxy::AdminServer server;

    explicit Admin(std::size_t max_connections)
        : server(io, {.host = "127.0.0.1", .port = 0}, {}, refused, max_connections) {
        server.add("/x", handler);
    }

    std::uint16_t port() const { return server.bound().port; }

    void run_until(const std::function<bool()>& done) {
        const auto limit = std::chrono::steady_clock::now() + 10s;
        while (!done()) {
            REQUIRE(std::chrono::steady_clock::now() < limit);
            io.run_one_for(10ms);
        }
    }

    /// What arrives until the server ends the connection.
    std::string answer_to(const std::string& request) {
        const Socket client(connect_to(port()));
        REQUIRE(::send(client.fd(), request.data(), request.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(request.size()));
        ::shutdown(client.fd(), SHUT_WR);
        std::string answer;
        run_until([&] {
            const auto piece = client.read();
            if (piece) answer += *piece;
            return piece && piece->empty();
        });
        return answer;
    }
};

std::string posting(std::size_t body) {
    return "POST /x HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body) + "\r\n\r\n" +
           std::string(body, 'b');
}

}  // namespace

TEST_SUITE_BEGIN("admin_server");

TEST_CASE("who comes while all connections are being answered is told to try again, and counted") {
    Admin admin(2);
    admin.handler.size = std::size_t{64} << 20;  // more than a socket takes
    const Socket first(connect_to(admin.port())), second(connect_to(admin.port()));
    const std::string request = "GET /x HTTP/1.1\r\nHost: t\r\n\r\n";
    for (const Socket* client : {&first, &second})
        REQUIRE(::send(client->fd(), request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()));
    admin.run_until([&] { return admin.handler.bodies.size() == 2; });
    CHECK(admin.refused.read() == 0);
    CHECK(admin.answer_to("").starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(admin.refused.read() == 1);
}

TEST_CASE("who comes while a connection is silent takes its place, and nobody is refused") {
    Admin admin(1);
    const Socket silent(connect_to(admin.port()));
    CHECK(admin.answer_to(posting(3)).starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(admin.refused.read() == 0);
}

TEST_CASE("a handler learns of a body that is larger than any should be, and answers in its own way") {
    Admin admin(4);
    constexpr std::size_t limit = std::size_t{64} << 10;
    CHECK(admin.answer_to(posting(limit)).starts_with("HTTP/1.1 200 OK\r\n"));
    const std::string chunked = "POST /x HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n" +
                                std::string(limit + 1, 'b') + "\r\n0\r\n\r\n";
    for (const std::string& request : {posting(limit + 1), chunked}) {
        const std::string answer = admin.answer_to(request);
        CHECK(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"));
        CHECK(answer.find("\r\nConnection: close\r\n") != std::string::npos);
        CHECK(answer.ends_with("\r\n\r\nless\n"));
    }
    CHECK(admin.handler.bodies == std::vector<std::pair<std::size_t, bool>>{{limit, false}, {0, true}, {0, true}});
}

TEST_SUITE_END();
