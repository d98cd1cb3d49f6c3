#include "proxy/admin_server.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <list>
#include <optional>
#include <vector>

#include "proxy/gzip.hpp"
#include "proxy/listener.hpp"

namespace tokenweir::proxy {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

namespace {

constexpr std::uint64_t max_request_body = 64 * 1024;
constexpr std::chrono::seconds request_time{30};  // idle time included
constexpr std::chrono::seconds linger_time{1};
constexpr std::size_t max_linger_bytes = std::size_t{1} << 20;

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

std::string_view view_of(beast::string_view text) noexcept { return {text.data(), text.size()}; }

/// Compares digests, so that the time taken says nothing about the token.
bool same_token(std::string_view a, std::string_view b) {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> first{}, second{};
    const auto bytes = [](std::string_view text) {
        return reinterpret_cast<const unsigned char*>(text.data());
    };  // NOLINT
    SHA256(bytes(a), a.size(), first.data());
    SHA256(bytes(b), b.size(), second.data());
    return CRYPTO_memcmp(first.data(), second.data(), first.size()) == 0;
}

void compress(AdminResponse& answer) {
    constexpr std::size_t worth_it = 1024;
    if (answer.body.size() < worth_it) return;
    answer.body = gzipped(answer.body);
    answer.fields.emplace_back("Content-Encoding", "gzip");
}

}  // namespace

struct AdminServer::State : std::enable_shared_from_this<State> {
    State(asio::io_context& loop, const ListenAddress& address, std::string bearer, Tally& refused_connections,
          std::size_t at_most)
        : io(loop), wheel(loop), max_connections(at_most), refused(refused_connections), token(std::move(bearer)) {
        const int fd = listen_alone_on(address);
        bound = bound_address(address, fd);
        acceptor.emplace(io, wheel, fd, [this](int client, const std::string& peer) { accepted(client, peer); });
    }

    asio::io_context& io;
    TimerWheel wheel;
    ListenAddress bound;
    std::optional<AcceptLoop> acceptor;
    const std::size_t max_connections;
    Tally& refused;
    std::size_t connections = 0;
    std::size_t delayed = 0;                // of them: their handlers wanted to be asked again
    std::list<beast::tcp_stream*> waiting;  // for a request or the rest of one; whoever began first is first
    std::string token;
    std::map<std::string, AdminHandler*, std::less<>> handlers;
    std::atomic<bool> ready{true};

    /// One of max_connections, and what keeps the state alive.
    class Place {
    public:
        explicit Place(std::shared_ptr<State> state) : state_(std::move(state)) { ++state_->connections; }
        Place(Place&&) = default;
        Place& operator=(Place&&) = delete;
        ~Place() {
            if (state_) --state_->connections;
        }
        State& state() const noexcept { return *state_; }

    private:
        std::shared_ptr<State> state_;
    };

    void accepted(int fd, const std::string& peer);
    bool make_room();
    static asio::awaitable<void> serve(beast::tcp_stream stream, Place place);
    AdminResponse answer(const Request& request, bool body_left_out, bool again) const;
    AdminResponse dispatch(const AdminRequest& request) const;
};

/// Closes the connection that has waited longest: silent ones must not keep a probe from its answer.
bool AdminServer::State::make_room() {
    for (beast::tcp_stream* const stream : waiting) {
        if (!stream->socket().is_open()) continue;  // closed for somebody else
        stream->close();
        return true;
    }
    return false;
}

void AdminServer::State::accepted(int fd, const std::string& peer) {
    if (connections >= max_connections && !make_room()) {
        refused.add();
        constexpr std::string_view refusal =
            "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 39\r\n\r\n"
            "too many connections; try again later.\n";
        [[maybe_unused]] const auto sent = ::send(fd, refusal.data(), refusal.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        ::close(fd);
        return;
    }
    tcp::socket socket(io);
    boost::system::error_code error;
    socket.assign(peer.find(':') == std::string::npos ? tcp::v4() : tcp::v6(), fd, error);
    if (error) {
        ::close(fd);
        return;
    }
    asio::co_spawn(io, serve(beast::tcp_stream(std::move(socket)), Place(shared_from_this())), asio::detached);
}

AdminResponse AdminServer::State::answer(const Request& request, bool body_left_out, bool again) const {
    std::vector<Field> fields;
    for (const auto& field : request) fields.push_back({view_of(field.name_string()), view_of(field.value())});
    std::string_view target = view_of(request.target());
    const std::size_t query = target.find('?');
    AdminRequest seen{.method = view_of(request.method_string()),
                      .path = target.substr(0, query),
                      .query = query == std::string_view::npos ? std::string_view{} : target.substr(query + 1),
                      .fields = fields,
                      .body = body_left_out ? std::string_view() : std::string_view(request.body()),
                      .body_left_out = body_left_out,
                      .again = again};
    try {
        AdminResponse answer = dispatch(seen);
        if (accepts_gzip(seen.fields)) compress(answer);
        return answer;
    } catch (const std::exception& failure) {
        return {.status = 500, .body = std::string("internal error: ") + failure.what() + "\n"};
    }
}

AdminResponse AdminServer::State::dispatch(const AdminRequest& request) const {
    const auto is = [&](std::string_view a, std::string_view b) { return request.path == a || request.path == b; };
    if (is("/healthz", "/livez")) return {.body = "ok\n"};
    if (is("/readyz", "/-/ready")) {
        if (ready.load(std::memory_order_relaxed)) return {.body = "ready\n"};
        return {.status = 503, .body = "draining: finishing the calls in flight, accepting no more\n"};
    }
    if (!token.empty()) {
        std::string_view given = field_value(request.fields, "authorization");
        if (given.size() > 7 && iequals(given.substr(0, 7), "Bearer ")) given.remove_prefix(7);
        if (!same_token(given, token))
            return {.status = 401,
                    .body = "expected Authorization: Bearer <admin.token>\n",
                    .fields = {{"WWW-Authenticate", "Bearer"}}};
    }
    const auto found = handlers.find(request.path);
    if (found != handlers.end()) return found->second->handle(request);
    std::string known = "no such path; there are /healthz, /readyz";
    for (const auto& [path, handler] : handlers) known.append(", ").append(path);
    return {.status = 404, .body = known + "\n"};
}

asio::awaitable<void> AdminServer::State::serve(beast::tcp_stream stream, Place place) {
    beast::flat_buffer buffer;
    boost::system::error_code error;
    std::size_t unread = 0;  // of a body that was refused, at most
    for (;;) {
        http::request_parser<http::string_body> parser;
        parser.body_limit(max_request_body);
        stream.expires_after(request_time);
        std::list<beast::tcp_stream*>& waiting = place.state().waiting;
        const auto wait = waiting.insert(waiting.end(), &stream);
        co_await http::async_read(stream, buffer, parser, asio::redirect_error(asio::use_awaitable, error));
        waiting.erase(wait);
        const bool too_large = error == http::error::body_limit;
        if (error && !too_large) co_return;
        const Request& request = parser.get();
        const bool may_wait = place.state().delayed < place.state().max_connections / 2;  // the others stay for probes
        AdminResponse answer = place.state().answer(request, too_large, !may_wait);
        if (answer.ask_again_after.count() > 0) {
            asio::steady_timer timer(stream.get_executor(), answer.ask_again_after);
            ++place.state().delayed;
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
            --place.state().delayed;
            answer = place.state().answer(request, too_large, true);
        }
        Response response(static_cast<http::status>(answer.status), request.version());
        response.set(http::field::content_type, answer.content_type);
        response.set(http::field::cache_control, "no-store");
        for (const auto& [name, value] : answer.fields) response.set(name, value);
        const bool stays = request.keep_alive() && !too_large;
        response.keep_alive(stays);
        const bool head = request.method() == http::verb::head;
        const std::size_t length = answer.body.size();
        response.body() = head ? std::string() : std::move(answer.body);
        response.content_length(length);
        stream.expires_after(request_time);
        if (head) {
            http::response_serializer<http::string_body> serializer(response);
            co_await http::async_write_header(stream, serializer, asio::redirect_error(asio::use_awaitable, error));
        } else {
            co_await http::async_write(stream, response, asio::redirect_error(asio::use_awaitable, error));
        }
        if (error) co_return;
        if (too_large) unread = max_linger_bytes;
        if (!stays) break;
    }
    stream.socket().shutdown(tcp::socket::shutdown_send, error);
    // A client that still sends would be reset, and might lose the answer.
    std::array<char, 8192> rest;
    stream.expires_after(linger_time);
    while (!error && unread > 0) {
        const std::size_t count =
            co_await stream.async_read_some(asio::buffer(rest), asio::redirect_error(asio::use_awaitable, error));
        unread -= std::min(unread, count);
    }
}

AdminServer::AdminServer(asio::io_context& io, const ListenAddress& address, std::string token, Tally& refused,
                         std::size_t max_connections)
    : state_(std::make_shared<State>(io, address, std::move(token), refused, max_connections)) {}

AdminServer::~AdminServer() { state_->acceptor.reset(); }

void AdminServer::add(std::string path, AdminHandler& handler) { state_->handlers.emplace(std::move(path), &handler); }

void AdminServer::set_token(std::string token) { state_->token = std::move(token); }

void AdminServer::set_ready(bool ready) noexcept { state_->ready.store(ready, std::memory_order_relaxed); }

ListenAddress AdminServer::bound() const { return state_->bound; }

}  // namespace tokenweir::proxy
