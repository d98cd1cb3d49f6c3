#include "mock/connection.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mock/content_encoder.hpp"
#include "mock/kept_body.hpp"
#include "mock/peer.hpp"
#include "mock/reply.hpp"
#include "mock/stamp_source.hpp"
#include "mock/time_text.hpp"

namespace tokenweir::mock {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

using RequestParser = http::request_parser<KeptBody>;

constexpr std::uint32_t max_head_bytes = 64 * 1024;

/// One request, read and decided upon.
struct Exchange {
    Reply reply;
    bool head_only = false;   ///< HEAD: framing without a body
    bool keep_alive = false;  ///< after this answer
    bool chunked = true;      ///< may be answered in chunks: not HTTP/1.0
};

/// What an answer left behind: a connection to go on with, no client, or one that we leave by a FIN or a reset.
enum class Ended : std::uint8_t { complete, client_gone, close, reset };

Ended cut(Cut how) { return how == Cut::rst ? Ended::reset : Ended::close; }

std::string reason(std::uint32_t status) {
    if (status == 529) return "Overloaded";
    return http::obsolete_reason(http::int_to_status(status));
}

bool waits_for_100(const RequestParser& parser) { return iequals(parser.get()[http::field::expect], "100-continue"); }

Exchange exchange_of(RequestParser& parser, const Stamp& stamp) {
    const auto& message = parser.get();
    std::vector<Field> fields;
    for (const auto& field : message) fields.push_back({field.name_string(), field.value()});
    const Request request{.method = message.method_string(),
                          .target = message.target(),
                          .fields = fields,
                          .body = message.body().kept,
                          .body_bytes = message.body().size};
    Exchange exchange;
    exchange.reply = reply_to(request, stamp);
    exchange.head_only = message.method() == http::verb::head;
    exchange.chunked = message.version() >= 11;
    exchange.keep_alive = message.keep_alive() && (exchange.chunked || !exchange.reply.script);
    return exchange;
}

/// `length` of a body that is whole.
std::string head_of(const Exchange& exchange, std::optional<std::size_t> length) {
    const Reply& reply = exchange.reply;
    std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " " + reason(reply.status);
    head += "\r\nDate: " + http_date(unix_seconds_now()) + "\r\nServer: tokenweir-mock\r\n" + reply.header_lines;
    if (const auto coding = name_of(reply.scenario.coding); !coding.empty())
        head.append("Content-Encoding: ").append(coding).append("\r\n");
    if (length) head += "Content-Length: " + std::to_string(*length) + "\r\n";
    if (!length && exchange.chunked) head += "Transfer-Encoding: chunked\r\n";
    return head + (exchange.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
}

std::string as_chunk(std::string_view data) {
    std::array<char, 20> size{};
    const int digits = std::snprintf(size.data(), size.size(), "%zx\r\n", data.size());
    std::string chunk(size.data(), static_cast<std::size_t>(digits));
    return chunk.append(data).append("\r\n");
}

class Connection {
public:
    Connection(tcp::socket socket, Counts& counts)
        : peer_(std::make_shared<Peer>(std::move(socket))), counts_(&counts) {
        ++counts_->connections;
        ++counts_->connections_open;
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() {
        peer_->close();
        --counts_->connections_open;
    }

    asio::awaitable<void> run();

private:
    asio::awaitable<std::optional<Exchange>> receive();
    asio::awaitable<Ended> answer(Exchange exchange);
    asio::awaitable<Ended> send_whole(Exchange& exchange, steady_clock::time_point start);
    asio::awaitable<Ended> send_stream(Exchange& exchange);
    asio::awaitable<bool> send_events(const Events& events, bool chunked, ContentEncoder& encoder);
    asio::awaitable<bool> send_end(bool chunked, ContentEncoder& encoder);

    std::shared_ptr<Peer> peer_;
    Counts* counts_;
};

asio::awaitable<void> Connection::run() {
    for (;;) {
        std::optional<Exchange> exchange = co_await receive();
        if (!exchange) co_return;
        const bool keep_alive = exchange->keep_alive;
        const Ended ended = co_await answer(std::move(*exchange));
        if (ended == Ended::complete && keep_alive) continue;
        if (ended == Ended::client_gone) ++counts_->clients_gone;
        if (ended == Ended::reset) peer_->reset();
        if (ended == Ended::complete || ended == Ended::close) co_await peer_->finish();
        co_return;
    }
}

/// The next request, decided upon; nothing when the client is done.
asio::awaitable<std::optional<Exchange>> Connection::receive() {
    RequestParser parser;
    parser.header_limit(max_head_bytes);
    parser.body_limit(boost::none);
    parser.eager(true);
    std::string& unread = peer_->unread();
    bool continued = false;
    for (;;) {
        error_code error;
        while (!parser.got_some() && unread.starts_with("\r\n")) unread.erase(0, 2);  // RFC 9112 §2.2
        if (!unread.empty()) unread.erase(0, parser.put(asio::buffer(unread), error));
        if (error && error != http::error::need_more) {
            Exchange refusal;
            refusal.reply = bad_request("request: found broken HTTP (" + error.message() + ")", next_stamp());
            co_return refusal;
        }
        const std::size_t seen = unread.size();
        if (parser.is_done()) {
            ++counts_->requests;
            co_return exchange_of(parser, next_stamp());
        }
        if (parser.is_header_done() && !std::exchange(continued, true) && waits_for_100(parser)) {
            constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
            if (!co_await peer_->write(go_on)) co_return std::nullopt;
        }
        if (!co_await peer_->more(seen)) co_return std::nullopt;
    }
}

asio::awaitable<Ended> Connection::answer(Exchange exchange) {
    struct Open {
        explicit Open(Counts* counts) : counts_(counts) { ++counts_->answers_open; }
        Open(const Open&) = delete;
        Open& operator=(const Open&) = delete;
        ~Open() { --counts_->answers_open; }
        Counts* counts_;
    } const open(counts_);

    const Scenario& scenario = exchange.reply.scenario;
    const auto start = steady_clock::now() + scenario.head_delay;
    if (!co_await peer_->sleep_until(start)) co_return Ended::client_gone;
    if (scenario.no_answer) co_return cut(scenario.cut);
    if (exchange.reply.script) co_return co_await send_stream(exchange);
    co_return co_await send_whole(exchange, start);
}

asio::awaitable<Ended> Connection::send_whole(Exchange& exchange, steady_clock::time_point start) {
    const Reply& reply = exchange.reply;
    const Scenario& scenario = reply.scenario;
    if (!co_await peer_->sleep_until(start + end_due(scenario, reply.tokens))) co_return Ended::client_gone;
    const std::string body = make_encoder(scenario.coding)->encode(reply.body, Then::finish);
    std::string bytes = head_of(exchange, body.size());
    const std::size_t cut_at = cut_position(reply, body.size());
    if (!exchange.head_only) bytes.append(body, 0, cut_at);
    if (!co_await peer_->write(bytes)) co_return Ended::client_gone;
    co_return cut_at < body.size() ? cut(scenario.cut) : Ended::complete;
}

asio::awaitable<Ended> Connection::send_stream(Exchange& exchange) {
    const Scenario& scenario = exchange.reply.scenario;
    Script& script = *exchange.reply.script;
    const auto encoder = make_encoder(scenario.coding);
    const std::string head = head_of(exchange, std::nullopt);
    if (!co_await peer_->write(head)) co_return Ended::client_gone;
    const auto start = steady_clock::now();

    Events events = script.begin();
    for (std::uint64_t sent = 0;; ++sent) {
        if (!co_await send_events(events, exchange.chunked, *encoder)) co_return Ended::client_gone;
        if (scenario.cut_after == sent) co_return cut(scenario.cut);
        if (scenario.error_after == sent) {
            events = {script.error_event(scenario.error_status)};
            break;
        }
        const bool last = sent == script.tokens();
        const auto due = start + (last ? end_due(scenario, sent) : token_due(scenario, sent));
        if (!co_await peer_->sleep_until(due)) co_return Ended::client_gone;
        events = last ? script.end() : script.next();
        if (last) break;
    }
    if (!co_await send_events(events, exchange.chunked, *encoder)) co_return Ended::client_gone;
    if (!co_await send_end(exchange.chunked, *encoder)) co_return Ended::client_gone;
    co_return Ended::complete;
}

/// Each event is one chunk and one write. False when the client is gone.
asio::awaitable<bool> Connection::send_events(const Events& events, bool chunked, ContentEncoder& encoder) {
    for (const std::string& event : events) {
        if (peer_->gone()) co_return false;
        const std::string data = encoder.encode(event, Then::flush);
        const std::string bytes = chunked ? as_chunk(data) : data;
        if (!co_await peer_->write(bytes)) co_return false;
    }
    co_return true;
}

asio::awaitable<bool> Connection::send_end(bool chunked, ContentEncoder& encoder) {
    const std::string trailer = encoder.encode("", Then::finish);  // of the coding; an empty chunk would end the body
    std::string bytes = chunked && !trailer.empty() ? as_chunk(trailer) : trailer;
    if (chunked) bytes += "0\r\n\r\n";
    co_return co_await peer_->write(bytes);
}

}  // namespace

asio::awaitable<void> serve(tcp::socket socket, Counts& counts) {
    Connection connection(std::move(socket), counts);
    co_await connection.run();
}

}  // namespace tokenweir::mock
