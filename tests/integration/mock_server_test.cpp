#include "mock/mock_server.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace tokenweir::mock;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

/// A client without opinions on HTTP. A read that takes ten seconds fails the test.
class Client {
public:
    explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        REQUIRE(socket_ >= 0);
        const timeval limit{.tv_sec = 10, .tv_usec = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client() { leave(); }

    void leave() {
        if (socket_ >= 0) ::close(socket_);
        socket_ = -1;
    }
    void half_close() { ::shutdown(socket_, SHUT_WR); }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            REQUIRE(sent > 0);
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    /// Up to and including `mark`.
    std::string until(std::string_view mark) {
        std::size_t end = std::string::npos;
        while ((end = unread_.find(mark)) == std::string::npos) REQUIRE_MESSAGE(receive(), "ended before " << mark);
        return take(end + mark.size());
    }

    std::string exactly(std::size_t bytes) {
        while (unread_.size() < bytes) REQUIRE(receive());
        return take(bytes);
    }

    /// The payload of the next chunk; empty for the last one.
    std::string chunk() {
        const std::size_t size = std::stoul(until("\r\n"), nullptr, 16);
        const std::string data = exactly(size);
        REQUIRE(exactly(2) == "\r\n");
        return data;
    }

    /// All chunks, without the last one.
    std::vector<std::string> chunks() {
        std::vector<std::string> all;
        for (std::string data = chunk(); !data.empty(); data = chunk()) all.push_back(data);
        return all;
    }

    /// Everything that is left; then `error()` says how it ended.
    std::string rest() {
        while (receive()) {
        }
        return take(unread_.size());
    }

    int error() const { return error_; }  ///< 0 after a FIN

private:
    bool receive() {
        std::array<char, 64 * 1024> block{};
        const auto received = ::recv(socket_, block.data(), block.size(), 0);
        error_ = received < 0 ? errno : 0;
        if (received <= 0) return false;
        unread_.append(block.data(), static_cast<std::size_t>(received));
        return true;
    }

    std::string take(std::size_t bytes) {
        std::string taken = unread_.substr(0, bytes);
        unread_.erase(0, bytes);
        return taken;
    }

    int socket_;
    int error_ = 0;
    std::string unread_;
};

constexpr std::string_view prompt = R"({"model":"m","messages":[]})";
constexpr std::string_view stream_prompt = R"({"model":"m","stream":true,"messages":[]})";

/// `headers` are whole lines, each with its CRLF.
std::string post(std::string_view headers, std::string_view body = stream_prompt, std::string_view version = "1.1") {
    std::string request = "POST /v1/chat/completions HTTP/";
    request.append(version).append("\r\nHost: mock\r\nContent-Length: ").append(std::to_string(body.size()));
    return request.append("\r\n").append(headers).append("\r\n").append(body);
}

std::size_t content_length(const std::string& head) {
    const std::string name = "Content-Length: ";
    const std::size_t at = head.find(name);
    REQUIRE(at != std::string::npos);
    return std::stoul(head.substr(at + name.size()));
}

bool comes_true(auto condition) {
    for (const auto limit = steady_clock::now() + 10s; steady_clock::now() < limit; std::this_thread::yield())
        if (condition()) return true;
    return false;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

const std::string end_of_head = "\r\n\r\n";

}  // namespace

TEST_SUITE("mock_server") {
    TEST_CASE("each event of a stream is a chunk of its own and the connection lives on") {
        MockServer server;
        Client client(server.port());
        for (int round = 0; round < 2; ++round) {
            client.send(post("x-mock-tokens: 3\r\n"));
            const std::string head = client.until(end_of_head);
            CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
            CHECK(has(head, "Content-Type: text/event-stream; charset=utf-8\r\n"));
            CHECK(has(head, "Transfer-Encoding: chunked\r\n"));
            const std::vector<std::string> events = client.chunks();
            REQUIRE(events.size() == 6);  // the role, three tokens, the finish reason, [DONE]
            for (const std::string& event : events) {
                CHECK(event.starts_with("data: "));
                CHECK(event.find("\n\n") == event.size() - 2);
            }
        }
        CHECK(server.counts().connections == 1);
        CHECK(server.counts().requests == 2);
    }

    TEST_CASE("two answers never have the same id") {
        MockServer server;
        Client client(server.port());
        const auto id = [&] {
            client.send(post("", prompt));
            const std::string body = client.exactly(content_length(client.until(end_of_head)));
            return body.substr(0, body.find(','));
        };
        const std::string first = id();
        CHECK(first.starts_with(R"({"id":"chatcmpl-)"));
        CHECK(first != id());
    }

    TEST_CASE("pipelined requests are answered in their order") {
        MockServer server;
        Client client(server.port());
        client.send(post("x-mock-ttft-ms: 5\r\n", prompt) + post("x-mock-status: 404\r\n") +
                    "\r\nGET / HTTP/1.1\r\n\r\n");
        for (const std::string_view status : {"200 OK", "404 Not Found", "200 OK"}) {
            const std::string head = client.until(end_of_head);
            CHECK(head.substr(9, status.size()) == status);
            client.exactly(content_length(head));
        }
    }

    TEST_CASE("HEAD is answered without a body") {
        MockServer server;
        Client client(server.port());
        client.send("HEAD / HTTP/1.1\r\n\r\nHEAD /v1/models HTTP/1.1\r\nConnection: close\r\n\r\n");
        CHECK(content_length(client.until(end_of_head)) > 0);
        CHECK(content_length(client.until(end_of_head)) > 0);
        CHECK(client.rest() == "");
    }

    TEST_CASE("a client that expects it is told to continue before it sends the body") {
        MockServer server;
        Client client(server.port());
        const std::string request = post("Expect: 100-continue\r\n", prompt);
        client.send(request.substr(0, request.size() - prompt.size()));
        CHECK(client.until(end_of_head) == "HTTP/1.1 100 Continue\r\n\r\n");
        client.send(prompt);
        CHECK(client.until(end_of_head).starts_with("HTTP/1.1 200 OK\r\n"));
    }

    TEST_CASE("a client of HTTP/1.0 gets a stream that ends with the connection") {
        MockServer server;
        Client client(server.port());
        client.send(post("x-mock-tokens: 0\r\nConnection: keep-alive\r\n", stream_prompt, "1.0"));
        const std::string head = client.until(end_of_head);
        CHECK_FALSE(has(head, "Transfer-Encoding"));
        CHECK(has(head, "Connection: close\r\n"));
        const std::string body = client.rest();
        CHECK(body.starts_with("data: {"));
        CHECK(body.ends_with("data: [DONE]\n\n"));
        CHECK(client.error() == 0);
    }

    TEST_CASE("the head comes first, and no token before its time") {
        MockServer server;
        Client client(server.port());
        const auto start = steady_clock::now();
        client.send(
            post("x-mock-tokens: 3\r\nx-mock-head-ms: 10\r\nx-mock-ttft-ms: 30\r\nx-mock-gap-ms: 20\r\n"
                 "x-mock-stall-after: 2\r\nx-mock-stall-ms: 50\r\n"));
        client.until(end_of_head);
        CHECK(steady_clock::now() - start >= 10ms);
        CHECK(has(client.chunk(), R"("role":"assistant")"));
        for (const auto due : {40ms, 60ms, 130ms}) {
            CHECK(has(client.chunk(), R"("content":)"));
            CHECK(steady_clock::now() - start >= due);
        }
    }

    TEST_CASE("an answer that is not streamed comes when its stream would have ended") {
        MockServer server;
        Client client(server.port());
        const auto start = steady_clock::now();
        client.send(post("x-mock-tokens: 3\r\nx-mock-ttft-ms: 20\r\nx-mock-gap-ms: 10\r\n", prompt));
        client.until(end_of_head);
        CHECK(steady_clock::now() - start >= 40ms);
    }

    TEST_CASE("an error inside a stream ends the body properly") {
        MockServer server;
        Client client(server.port());
        client.send(post("x-mock-error-after: 2\r\n"));
        client.until(end_of_head);
        const std::vector<std::string> events = client.chunks();
        REQUIRE(events.size() == 4);  // the role, two tokens, the error
        CHECK(events.back().starts_with(R"(data: {"error":)"));
        client.send(post("", prompt));
        CHECK(client.until(end_of_head).starts_with("HTTP/1.1 200 OK\r\n"));
    }

    TEST_CASE("a cut breaks the connection where and how it was asked for") {
        const struct {
            std::string_view name, headers, body, last;
            int error;
        } rows[] = {
            {"no answer, FIN", "x-mock-no-answer: on\r\n", stream_prompt, "", 0},
            {"no answer, reset", "x-mock-no-answer: on\r\nx-mock-cut: rst\r\n", stream_prompt, "", ECONNRESET},
            {"before a token", "x-mock-cut-after: 0\r\n", stream_prompt,
             R"("refusal":null},"logprobs":null,"finish_reason":null}]})", 0},
            {"after two, FIN", "x-mock-cut-after: 2\r\n", stream_prompt,
             R"(" token 2"},"logprobs":null,"finish_reason":null}]})", 0},
            {"after two, reset", "x-mock-cut-after: 2\r\nx-mock-cut: rst\r\n", stream_prompt,
             R"(" token 2"},"logprobs":null,"finish_reason":null}]})", ECONNRESET},
            {"unstreamed", "x-mock-cut-after: 2\r\n", prompt, R"("content":"token 1 token 2 )", 0},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            MockServer server;
            Client client(server.port());
            client.send(post(row.headers, row.body));
            std::string received = client.rest();
            if (received.ends_with("\n\n\r\n")) received.resize(received.size() - 4);  // the end of event and chunk
            CHECK(received.ends_with(row.last));
            CHECK(received.empty() == row.last.empty());
            CHECK(client.error() == row.error);
            CHECK(comes_true([&] { return server.counts().answers_open == 0; }));
            CHECK(server.counts().clients_gone == 0);
        }
    }

    TEST_CASE("a coded stream says so and is coded from its first byte") {
        MockServer server;
        Client client(server.port());
        client.send(post("x-mock-encoding: gzip\r\n"));
        CHECK(has(client.until(end_of_head), "Content-Encoding: gzip\r\n"));
        const std::vector<std::string> pieces = client.chunks();
        CHECK(pieces.front().starts_with("\x1f\x8b"));
        CHECK(pieces.size() == 16 + 3 + 1);  // tokens; role, finish reason and [DONE]; the trailer of gzip
    }

    TEST_CASE("a client that leaves ends its answer at once and is counted") {
        const auto close = [](Client& client) { client.leave(); };
        const auto half_close = [](Client& client) { client.half_close(); };
        const struct {
            std::string_view name, headers;
            void (*leave)(Client&);
        } rows[] = {
            {"before the head", "x-mock-head-ms: 3600000\r\n", close},
            {"before the first token", "x-mock-ttft-ms: 3600000\r\n", close},
            {"between tokens", "x-mock-gap-ms: 3600000\r\n", close},
            {"in a stall", "x-mock-stall-after: 1\r\nx-mock-stall-ms: 3600000\r\n", close},
            {"half-closing", "x-mock-ttft-ms: 3600000\r\n", half_close},
            {"without reading", "x-mock-tokens: 1000000\r\n", close},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            MockServer server;
            Client client(server.port());
            client.send(post(row.headers));
            REQUIRE(comes_true([&] { return server.counts().answers_open == 1; }));
            row.leave(client);
            CHECK(comes_true([&] { return server.counts().answers_open == 0; }));
            CHECK(comes_true([&] { return server.counts().connections_open == 0; }));
            CHECK(server.counts().clients_gone == 1);
        }
    }

    TEST_CASE("a client that leaves between requests is not counted as gone") {
        MockServer server;
        Client client(server.port());
        client.send(post("", prompt));
        client.exactly(content_length(client.until(end_of_head)));
        client.leave();
        CHECK(comes_true([&] { return server.counts().connections_open == 0; }));
        CHECK(server.counts().clients_gone == 0);
    }

    TEST_CASE("a body over the limit is read to its end and refused on a connection that lives on") {
        MockServer server;
        Client client(server.port());
        client.send(post("", std::string((32u << 20) + 1, ' ')));
        const std::string head = client.until(end_of_head);
        CHECK(head.starts_with("HTTP/1.1 413 Payload Too Large\r\n"));
        client.exactly(content_length(head));
        client.send(post("", prompt));
        CHECK(client.until(end_of_head).starts_with("HTTP/1.1 200 OK\r\n"));
    }

    TEST_CASE("a request body may come in chunks") {
        MockServer server;
        Client client(server.port());
        client.send("POST /v1/chat/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\n{\"mod\r\n");
        client.send("16\r\nel\":\"m\",\"messages\":[]}\r\n0\r\nx: y\r\n\r\n");
        CHECK(client.until(end_of_head).starts_with("HTTP/1.1 200 OK\r\n"));
    }

    TEST_CASE("what is not HTTP is refused and the connection ends") {
        MockServer server;
        Client client(server.port());
        client.send("what is this\r\n\r\n");
        CHECK(client.until(end_of_head).starts_with("HTTP/1.1 400 Bad Request\r\n"));
        CHECK(has(client.rest(), R"("message":"request: found broken HTTP)"));
        CHECK(client.error() == 0);
    }

    TEST_CASE("hundreds of idle streams are held at once") {
        MockServer server;
        std::vector<std::unique_ptr<Client>> clients;
        for (int i = 0; i < 300; ++i) {
            clients.push_back(std::make_unique<Client>(server.port()));
            clients.back()->send(post("x-mock-ttft-ms: 3600000\r\n"));
        }
        CHECK(comes_true([&] { return server.counts().answers_open == 300; }));
        for (const auto& client : clients) CHECK(client->until(end_of_head).starts_with("HTTP/1.1 200 OK\r\n"));
    }

    TEST_CASE("a server that stops drops its connections and frees its port") {
        MockServer server;
        Client client(server.port());
        client.send(post("x-mock-ttft-ms: 3600000\r\n"));
        client.until(end_of_head);
        CHECK_THROWS_AS(MockServer("127.0.0.1", server.port()), boost::system::system_error);
        server.stop();
        server.stop();
        client.rest();
        CHECK((client.error() == 0 || client.error() == ECONNRESET));
        CHECK(MockServer("127.0.0.1", server.port()).port() == server.port());
    }

    TEST_CASE("an address that cannot be had is an error of the constructor") {
        CHECK_THROWS_AS(MockServer("192.0.2.1", 0), boost::system::system_error);
        CHECK_THROWS_AS(MockServer("not an address", 0), boost::system::system_error);
    }
}
