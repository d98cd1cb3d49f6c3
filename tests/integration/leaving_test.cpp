/// Clients that leave, or go on sending, while their upstream is being connected to. No time passes but what is let
/// pass: whatever is noticed here is noticed at once, not when a limit is over.
#include <doctest/doctest.h>
#include <sys/socket.h>

#include <boost/asio/executor_work_guard.hpp>
#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/server.hpp"
#include "tests/integration/sockets.hpp"
#include "tests/proxy/served.hpp"

using namespace tokenweir;
using namespace tokenweir::test;
using namespace std::chrono_literals;

namespace {

const std::string body = R"({"model":"small-1","messages":[{}]})";
constexpr std::string_view no_content = "HTTP/1.1 204 No Content\r\n\r\n";

std::string post(std::size_t body_bytes) {
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: proxy\r\nContent-Length: " + std::to_string(body_bytes) +
           "\r\n\r\n";
}

std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
}

/// A name whose look-up lasts until it is answered.
class SlowName {
public:
    ~SlowName() {
        if (!answered_) answer("192.0.2.1");
    }
    proxy::Resolver::LookUp look_up() {
        return [found = promise_.get_future().share()](const std::string&) { return found.get(); };
    }
    void answer(const char* address) {
        answered_ = true;
        promise_.set_value({{boost::asio::ip::make_address(address)}, ""});
    }

private:
    std::promise<proxy::Resolver::Answer> promise_;
    bool answered_ = false;
};

/// A server with its clock stopped.
struct Serving : StillThread {
    template <class... How>
    explicit Serving(How&&... how) : StillThread(std::forward<How>(how)...), address(proxy::claim({"127.0.0.1", 0})) {
        server.listen(proxy::listen_on(address));
    }
    ~Serving() { server.cut(); }

    template <class Reached>
    void until(Reached reached) {
        for (int i = 0; i < 100 && !reached(); ++i) io.run_one_for(100ms);
        REQUIRE(reached());
    }
    void until_accepted(std::uint64_t calls) {
        until([&] { return counters.calls_accepted.read() == calls; });
    }
    void until_recorded(std::size_t calls) {
        until([&] { return records.calls.size() == calls; });
    }

    /// A look-up on another thread does not keep an event loop going.
    const boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
    proxy::ConnectionLimit connections{10};
    proxy::ListenAddress address;
    proxy::Server server{services, connections};
};

void send_all(const Socket& socket, std::string_view text) {
    REQUIRE(::send(socket.fd(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
}

struct Leaving {
    std::string_view how;
    void (*leave)(std::optional<Socket>& client);
};

/// A client of an LLM API that half-closes is gone (docs/architecture.md).
const Leaving ways[] = {
    {"closes", [](std::optional<Socket>& client) { client.reset(); }},
    {"half-closes", [](std::optional<Socket>& client) { ::shutdown(client->fd(), SHUT_WR); }},
    {"resets",
     [](std::optional<Socket>& client) {
         const linger at_once{.l_onoff = 1, .l_linger = 0};
         ::setsockopt(client->fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
         client.reset();
     }},
};

/// The client of a call that has got no connection leaves: the call ends, and with it whatever it had opened.
void check_leaving(Serving& serving, const Leaving& way, std::uint64_t connections) {
    const std::size_t descriptors = open_descriptors();
    std::optional<Socket> client(connect_to(serving.address.port));
    send_all(*client, post(body.size()) + body);
    serving.until([&] {
        return serving.counters.calls_accepted.read() == 1 &&
               serving.counters.upstream_connections_opened.read() == connections;
    });
    REQUIRE(serving.records.calls.empty());

    way.leave(client);
    serving.until_recorded(1);
    const LlmCall& call = *serving.records.calls[0];
    CHECK(call.outcome == Outcome::cancelled_before_first_token);
    CHECK(call.error_type == "");
    CHECK_FALSE(call.status);
    CHECK(call.request_model == "small-1");
    CHECK(call.request_body_bytes == body.size());
    CHECK(serving.counters.calls_in_flight.read() == 0);
    CHECK(serving.counters.client_connections_open.read() == 0);
    client.reset();
    CHECK(open_descriptors() == descriptors);
}

}  // namespace

TEST_CASE("a client that leaves while the upstream's name is looked up is noticed at once") {
    for (const Leaving& way : ways) {
        CAPTURE(way.how);
        SlowName name;
        Serving serving(proxy::Timeouts{}, "http://upstream.test", nullptr, name.look_up());
        check_leaving(serving, way, 0);
    }
}

TEST_CASE("a client that leaves while no address of the upstream has answered is noticed at once") {
    const SilentListener upstream(0);
    const Socket filling(connect_to(upstream.port()));  // Linux: a queue of 0 holds one
    for (const Leaving& way : ways) {
        CAPTURE(way.how);
        Serving serving(proxy::Timeouts{}, "http://" + upstream.address());
        check_leaving(serving, way, 0);
    }
}

TEST_CASE("a client that leaves while the upstream does not shake hands is noticed at once, and the upstream told") {
    const auto trust = std::make_shared<const proxy::TlsContext>(proxy::TlsContext::for_upstreams(""));
    for (const Leaving& way : ways) {
        CAPTURE(way.how);
        const SilentListener upstream(8);
        Serving serving(proxy::Timeouts{}, "https://" + upstream.address(), trust);
        check_leaving(serving, way, 1);
        const Socket accepted(upstream.accept());
        CHECK(accepted.read().value_or("").starts_with("\x16\x03"));  // a ClientHello
        CHECK(accepted.read() == "");
    }
}

TEST_CASE("for a client that has left before its request was read nothing is opened") {
    const SilentListener upstream(8);
    Serving serving(proxy::Timeouts{}, "http://" + upstream.address());
    {
        const Socket client(connect_to(serving.address.port));
        send_all(client, post(body.size()) + body);
    }
    serving.until_recorded(1);
    CHECK(serving.records.calls[0]->outcome == Outcome::cancelled_before_first_token);
    CHECK(serving.records.calls[0]->request_body_bytes == body.size());
    CHECK_FALSE(upstream.reached());
}

TEST_CASE("a client that sends more than is kept while its upstream is connected to is noticed within 100 ms") {
    SlowName name;
    Serving serving(proxy::Timeouts{}, "http://upstream.test", nullptr, name.look_up());
    std::optional<Socket> client(connect_to(serving.address.port));
    const std::string rest(120'000, 'x');  // what is not read fits into a socket's buffer, and the end behind it
    const std::string head = post(rest.size());
    send_all(*client, head);
    serving.until_accepted(1);
    std::size_t sent = 0;
    serving.until([&] {
        const ssize_t n = ::send(client->fd(), rest.data(), rest.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) sent += static_cast<std::size_t>(n);
        return sent == rest.size();
    });
    serving.until([&] { return serving.counters.client_bytes_read.read() >= head.size() + proxy::request_read_bytes; });
    client.reset();
    serving.pass(100ms);
    REQUIRE(serving.records.calls.size() == 1);
    const LlmCall& call = *serving.records.calls[0];
    CHECK(call.outcome == Outcome::cancelled_before_first_token);
    CHECK(call.request_body_bytes < proxy::request_read_bytes + proxy::response_read_bytes);
}

TEST_CASE("what a client sends while its upstream is connected to arrives there, and a request behind it is the next") {
    const SilentListener upstream(8);
    SlowName name;
    Serving serving(proxy::Timeouts{}, "http://upstream.test:" + std::to_string(upstream.port()), nullptr,
                    name.look_up());
    const Socket client(connect_to(serving.address.port));
    send_all(client, post(body.size()) + body.substr(0, 9));
    serving.until_accepted(1);
    const std::size_t before = serving.counters.client_bytes_read.read();
    send_all(client, body.substr(9) + post(2));
    serving.until([&] { return serving.counters.client_bytes_read.read() > before; });
    send_all(client, "{}");
    name.answer("127.0.0.1");

    serving.until([&] { return upstream.reached(); });
    const Socket accepted(upstream.accept());
    for (const std::string& expected : {body, std::string("{}")}) {
        std::string request;
        serving.until([&] {
            request += accepted.read().value_or("");
            return request.ends_with("\r\n\r\n" + expected);
        });
        send_all(accepted, no_content);
        std::string response;
        serving.until([&] {
            response += client.read().value_or("");
            return response.starts_with("HTTP/1.1 204 ") && response.ends_with("\r\n\r\n");
        });
    }
    serving.until_recorded(2);
    CHECK(serving.records.calls[0]->outcome == Outcome::ok);
    CHECK(serving.records.calls[1]->outcome == Outcome::ok);
    CHECK(serving.counters.upstream_connections_opened.read() == 1);
}
