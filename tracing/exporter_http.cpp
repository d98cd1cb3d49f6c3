#include "tracing/exporter_http.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <ctime>
#include <new>
#include <optional>
#include <string>
#include <utility>

namespace tokenweir::tracing {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint64_t max_answer_bytes = std::uint64_t{4} << 20;  // OTLP/HTTP: a larger one is not to be read

std::string authority_of(const Endpoint& endpoint) {
    std::string text = endpoint.host.find(':') != std::string::npos ? "[" + endpoint.host + "]" : endpoint.host;
    if (endpoint.port != (endpoint.tls ? 443 : 80)) text += ":" + std::to_string(endpoint.port);
    return text;
}

ssl::context tls_context(const HttpTransportOptions& options) {
    ssl::context context(ssl::context::tls_client);
    context.set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
    context.set_verify_mode(ssl::verify_peer);
    if (options.ca_file.empty())
        context.set_default_verify_paths();
    else
        context.load_verify_file(options.ca_file);
    if (!options.certificate_file.empty()) context.use_certificate_chain_file(options.certificate_file);
    if (!options.key_file.empty()) context.use_private_key_file(options.key_file, ssl::context::pem);
    return context;
}

/// Body of Beast's concept: the parts of a payload, written from where they are.
struct PartsBody {
    using value_type = const Payload*;

    static std::uint64_t size(value_type payload) noexcept { return payload->size(); }

    class writer {  // NOLINT(readability-identifier-naming): Beast asks for this name
    public:
        using const_buffers_type = std::array<asio::const_buffer, 3>;

        template <bool is_request, class Fields>
        writer(const http::header<is_request, Fields>&, value_type payload) : payload_(payload) {}

        void init(error_code& error) noexcept { error = {}; }

        boost::optional<std::pair<const_buffers_type, bool>> get(error_code& error) noexcept {
            error = {};
            const auto [head, items, tail] = payload_->parts();
            return {{{asio::buffer(head), asio::buffer(items), asio::buffer(tail)}, false}};
        }

    private:
        value_type payload_;
    };
};

}  // namespace

class HttpTransport::Client {
public:
    explicit Client(HttpTransportOptions options)
        : options_(std::move(options)), authority_(authority_of(options_.endpoint)) {
        if (options_.endpoint.tls) tls_context_.emplace(tls_context(options_));
    }

    ExportAnswer post(const Payload& payload, Instant deadline) try {
        deadline_ = deadline;
        bool was_open = is_open_;
        ExportAnswer answer;
        while (true) {
            answer_begun_ = false;
            const error_code error = attempt(payload, answer);
            if (!error) return answer;
            close();
            // A connection that the back end has closed in the meantime says nothing about the back end.
            if (std::exchange(was_open, false) && !answer_begun_ && error != asio::error::timed_out) continue;
            return {.failure = step_ + error.message()};
        }
    } catch (const std::bad_alloc&) {
        close();  // else the next answer to be read on it would be this one's
        throw;
    }

    void end_by(Instant deadline) {
        last_deadline_ = deadline.time_since_epoch().count();
        asio::post(io_, [] {});  // wakes complete(), which then looks at the deadline
    }

private:
    /// Runs one asynchronous operation to its end, or to the deadline.
    template <class Start>
    error_code complete(const char* step, Start start) {
        step_ = step;
        std::optional<error_code> result;
        start([&result](error_code error, auto&&...) { result = error; });
        io_.restart();
        while (!result) {
            const Instant limit = std::min<Instant>(deadline_, Instant(Duration(last_deadline_.load())));
            if (io_.run_one_until(limit) == 0 && !result && Instant::clock::now() >= limit) {
                resolver_.cancel();
                close();
                while (!result) io_.run_one();  // what was cancelled must have ended before `start`'s locals do
                return asio::error::timed_out;
            }
        }
        return *result;
    }

    error_code attempt(const Payload& payload, ExportAnswer& answer) {
        if (!is_open_)
            if (const error_code error = open()) return error;
        return options_.endpoint.tls ? exchange(*tls_, payload, answer) : exchange(socket_, payload, answer);
    }

    error_code open() {
        const Endpoint& endpoint = options_.endpoint;
        tcp::resolver::results_type addresses;
        if (const error_code error = complete("cannot resolve the host: ", [&](auto done) {
                resolver_.async_resolve(
                    endpoint.host, std::to_string(endpoint.port),
                    [&addresses, done](error_code failed, tcp::resolver::results_type found) mutable {
                        addresses = std::move(found);
                        done(failed);
                    });
            }))
            return error;
        socket_ = tcp::socket(io_);
        if (const error_code error =
                complete("cannot connect: ", [&](auto done) { asio::async_connect(socket_, addresses, done); }))
            return error;
        is_open_ = true;
        error_code ignored;
        socket_.set_option(tcp::no_delay(true), ignored);
        return endpoint.tls ? handshake() : error_code{};
    }

    error_code handshake() {
        tls_.emplace(socket_, *tls_context_);
        const std::string& host = options_.endpoint.host;
        tls_->set_verify_callback(ssl::host_name_verification(host));
        // What the macro SSL_set_tlsext_host_name does, without its old-style cast.
        SSL_ctrl(tls_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(host.c_str()));  // NOLINT: read only
        return complete("TLS: ", [&](auto done) { tls_->async_handshake(ssl::stream_base::client, done); });
    }

    template <class Stream>
    error_code exchange(Stream& stream, const Payload& payload, ExportAnswer& answer) {
        http::request<PartsBody> request(http::verb::post, options_.endpoint.target, 11);
        request.set(http::field::host, authority_);
        request.set(http::field::user_agent, options_.user_agent);
        for (const auto& [name, value] : options_.headers) request.set(name, value);
        request.set(http::field::content_type, payload.content_type);
        if (payload.gzipped) request.set(http::field::content_encoding, "gzip");
        request.body() = &payload;
        request.prepare_payload();
        if (const error_code error =
                complete("cannot send: ", [&](auto done) { http::async_write(stream, request, done); }))
            return error;

        boost::beast::flat_buffer buffer;
        http::response_parser<http::string_body> parser;
        parser.body_limit(max_answer_bytes);
        const error_code error =
            complete("no answer: ", [&](auto done) { http::async_read(stream, buffer, parser, done); });
        answer_begun_ = parser.got_some();
        if (parser.is_header_done()) take(parser, answer);
        if (error == http::error::body_limit) {
            close();
            return {};  // the status says what is to be known
        }
        if (!error && !parser.get().keep_alive()) close();
        return error;
    }

    template <class Parser>
    static void take(Parser& parser, ExportAnswer& answer) {
        const auto& response = parser.get();
        answer.status = static_cast<int>(response.result_int());
        answer.body = response.body();
        const auto field = response.find(http::field::retry_after);
        if (field != response.end())
            answer.retry_after =
                parse_retry_after({field->value().data(), field->value().size()}, std::chrono::system_clock::now());
    }

    void close() {
        error_code ignored;
        socket_.close(ignored);
        is_open_ = false;
    }

    const HttpTransportOptions options_;
    const std::string authority_;
    asio::io_context io_{1};
    std::optional<ssl::context> tls_context_;
    tcp::resolver resolver_{io_};
    tcp::socket socket_{io_};
    std::optional<ssl::stream<tcp::socket&>> tls_;
    bool is_open_ = false;
    bool answer_begun_ = false;
    std::string step_;  // what was being done
    Instant deadline_{};
    std::atomic<Duration::rep> last_deadline_{Duration::max().count()};  // of all posts
};

HttpTransport::HttpTransport(HttpTransportOptions options)
    : destination_((options.endpoint.tls ? "https://" : "http://") + authority_of(options.endpoint) +
                   options.endpoint.target.substr(0, options.endpoint.target.find('?'))),
      client_(std::make_unique<Client>(std::move(options))) {}

HttpTransport::~HttpTransport() = default;

ExportAnswer HttpTransport::post(const Payload& payload, Instant deadline) { return client_->post(payload, deadline); }

void HttpTransport::end_by(Instant deadline) { client_->end_by(deadline); }

std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, WallTime now) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error == std::errc() && end == value.data() + value.size()) return std::chrono::seconds(number);
    std::tm date{};
    const std::string text(value);
    const char* rest = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date);
    if (rest == nullptr || *rest != '\0') return std::nullopt;
    const auto at = std::chrono::system_clock::from_time_t(::timegm(&date));
    return std::max(std::chrono::ceil<std::chrono::seconds>(at - now), std::chrono::seconds(0));
}

}  // namespace tokenweir::tracing
