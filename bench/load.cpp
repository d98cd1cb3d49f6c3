/// The client side of the benchmark: one thread, closed or open loop, every answer checked to the byte
/// (bench/response.hpp).
///
///     load --port N [--connections N] [--rate N] [--body BYTES] [--warmup-ms N] [--measure-ms N] [--ramp-ms N]
///     [--hold]
///          [--tokens N] [--first-us N] [--gap-us N] [--jitter PERCENT] [--burst N]
///
/// With --rate the loop is open: request k is due at start + k / rate whether or not the earlier ones have been
/// answered, and its latency counts from that instant. Without it each connection sends its next request when the
/// previous one is answered. Prints `begin` when the measured window starts and one line of JSON when it ends; with
/// --hold the connections stay open from then until stdin closes. Connections are opened over --ramp-ms, before and
/// within the warm-up.
#include <bit>
#include <deque>
#include <memory>

#include "bench/kit.hpp"
#include "bench/response.hpp"
#include "bench/wire.hpp"

namespace {

using namespace tokenweir::bench;

/// Counts in buckets at most 1/32 wide of their value: quantiles without keeping samples.
class Histogram {
public:
    void add(std::uint64_t value) noexcept {
        ++counts_[bucket(value)];
        ++total_;
    }

    /// In the unit of add(); 0 when empty.
    std::uint64_t quantile(double q) const noexcept {
        auto left = static_cast<std::uint64_t>(q * static_cast<double>(total_));
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            if (left < counts_[i]) return upper_bound(i);
            left -= counts_[i];
        }
        return 0;
    }

private:
    // Values below 32 have a bucket each; above, each power of two has 32.
    static std::size_t bucket(std::uint64_t value) noexcept {
        const int shift = std::max(static_cast<int>(std::bit_width(value)) - 6, 0);
        return static_cast<std::size_t>(shift) * 32 + (value >> shift);
    }
    static std::uint64_t upper_bound(std::size_t index) noexcept {
        const std::size_t shift = index < 64 ? 0 : index / 32 - 1;
        return ((index - shift * 32 + 1) << shift) - 1;
    }

    std::array<std::uint64_t, 60 * 32 + 64> counts_{};
    std::uint64_t total_ = 0;
};

std::string message(std::string_view content) { return R"({"role":"user","content":)" + std::string(content) + "}"; }

/// A chat completion request of exactly `size` bytes: a conversation, or from 1 MB on a picture. As the SDKs send it,
/// the messages stand before the model and the switches, so that an observer has to read all of it to find them.
std::string request_body(std::size_t size, bool stream) {
    const bool picture = size >= 1'000'000;
    const std::string start =
        R"({"messages":[{"role":"system","content":"You are a terse assistant.\nAnswer in \"British\" English."},)";
    const std::string open =
        picture
            ? R"([{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,)"
            : "\"";
    const std::string close = picture ? "\"}}]" : "\"";
    const std::string end = std::string(R"(],"model":"gpt-4o-mini","max_tokens":512,"temperature":0.7)") +
                            (stream ? R"(,"stream":true,"stream_options":{"include_usage":true}})" : "}");
    const std::string_view unit = picture ? "iVBORw0KGgoAAAANSUhEUgAABAAAAAQACAIAAADwf7zUAAAA"
                                          : R"(The river rose overnight; \"how much\" was all we asked.\n)";
    const std::size_t around = start.size() + message(open + close).size() + end.size();
    std::string filling;
    while (around + filling.size() + unit.size() <= size) filling += unit;
    filling.append(size - std::min(size, around + filling.size()), 'A');
    return start + message(open + filling + close) + end;
}

/// The head that an OpenAI SDK sends, and the script for the mock.
std::string request_head(std::uint16_t port, const Script& script, std::size_t body_bytes) {
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
           "\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nAccept: application/json\r\n"
           "Content-Type: application/json\r\nUser-Agent: OpenAI/Python 1.66.3\r\nX-Stainless-Lang: python\r\n"
           "X-Stainless-Package-Version: 1.66.3\r\nX-Stainless-OS: Linux\r\nX-Stainless-Arch: x64\r\n"
           "X-Stainless-Runtime: CPython\r\nX-Stainless-Runtime-Version: 3.12.3\r\nX-Stainless-Retry-Count: 0\r\n"
           "Authorization: Bearer sk-bench-0123456789abcdef0123456789abcdef\r\n" +
           std::string(script_field) + ": " + script.to_text() + "\r\nContent-Length: " + std::to_string(body_bytes) +
           "\r\n\r\n";
}

struct Options {
    explicit Options(const Arguments& arguments)
        : port(static_cast<std::uint16_t>(arguments.number("--port", 0))),
          connections(arguments.number("--connections", 1)),
          rate(arguments.number("--rate", 0)),
          body_bytes(arguments.number("--body", 1024)),
          warmup_ns(arguments.number("--warmup-ms", 500) * 1'000'000),
          measure_ns(arguments.number("--measure-ms", 2000) * 1'000'000),
          ramp_ns(arguments.number("--ramp-ms", 100) * 1'000'000),
          hold(arguments.has("--hold")),
          script{arguments.number("--tokens", 0), arguments.number("--first-us", 0), arguments.number("--gap-us", 0),
                 arguments.number("--jitter", 0), arguments.number("--burst", 1)} {}

    std::uint16_t port;
    std::uint64_t connections, rate, body_bytes;
    std::uint64_t warmup_ns, measure_ns, ramp_ns;
    bool hold;
    Script script;
};

struct Counts {
    std::uint64_t requests = 0, tokens = 0, errors = 0, reconnects = 0;
};

class Load {
public:
    explicit Load(const Options& options) : options_(options) {
        const std::string body = request_body(options.body_bytes, options.script.tokens != 0);
        expected_.prompt = body.size();
        request_ = request_head(options.port, options.script, body.size()) + body;
    }

    int run() {
        start_ns_ = now_ns();
        begin_ns_ = start_ns_ + options_.warmup_ns;
        const std::uint64_t end_ns = begin_ns_ + options_.measure_ns;
        std::uint64_t now = start_ns_;
        while (now < end_ns && all_.errors < most_errors) {
            open_due(now);
            if (options_.rate != 0) schedule_due(now);
            for (const epoll_event& event : epoll_.wait(std::min(next_deadline(), end_ns))) handle(event);
            now = now_ns();
            if (!measuring_ && now >= begin_ns_) begin(now);
        }
        report(measuring_ ? static_cast<double>(now - begin_ns_) / 1e9 : 0);
        if (options_.hold)
            while (std::getchar() != EOF) continue;
        return all_.errors == 0 ? 0 : 1;
    }

private:
    static constexpr std::uint64_t most_errors = 100;  // a proxy that fails all the time need not be asked for ever

    struct Connection {
        std::uint64_t asked_ns = 0;  // when the current request was due
        std::size_t sent = 0;
        std::unique_ptr<Response> response;  // none: idle
        bool has_token = false;
        bool has_answered = false;
        bool wants_out = true;
    };

    void begin(std::uint64_t now) {
        measuring_ = true;
        begin_ns_ = now;
        std::puts("begin");
        std::fflush(stdout);
    }

    // -- when things are due
    // ------------------------------------------------------------------------------------------------

    std::uint64_t opens_at(std::uint64_t index) const noexcept {
        return start_ns_ + options_.ramp_ns * index / options_.connections;
    }

    void open_due(std::uint64_t now) {
        for (; opened_ < options_.connections && opens_at(opened_) <= now; ++opened_) open();
    }

    std::uint64_t arrival(std::uint64_t index) const noexcept {
        return start_ns_ + options_.ramp_ns + index * 1'000'000'000u / options_.rate;
    }

    void schedule_due(std::uint64_t now) {
        for (; arrival(arrived_) <= now; ++arrived_) waiting_.push_back(arrival(arrived_));
        while (!waiting_.empty() && !idle_.empty()) {
            const int fd = idle_.front();  // first in, first out: all connections take part
            idle_.pop_front();
            begin_request(fd, waiting_.front());
            waiting_.pop_front();
        }
    }

    std::uint64_t next_deadline() const noexcept {
        std::uint64_t next = measuring_ ? never : begin_ns_;
        if (opened_ < options_.connections) next = std::min(next, opens_at(opened_));
        if (options_.rate != 0) next = std::min(next, arrival(arrived_));
        return next;
    }

    // -- one connection
    // -----------------------------------------------------------------------------------------------------

    Connection& at(int fd) { return connections_[static_cast<std::size_t>(fd)]; }

    void open() {
        const int fd = connect_to(options_.port);
        if (static_cast<std::size_t>(fd) >= connections_.size()) connections_.resize(static_cast<std::size_t>(fd) + 64);
        at(fd) = {};
        epoll_.add(fd, EPOLLIN | EPOLLOUT);
        ready(fd, now_ns());
    }

    /// The connection has nothing to do.
    void ready(int fd, std::uint64_t now) {
        if (options_.rate != 0)
            idle_.push_back(fd);
        else
            begin_request(fd, now);
    }

    void begin_request(int fd, std::uint64_t asked_ns) {
        Connection& connection = at(fd);
        connection.asked_ns = asked_ns;
        connection.sent = 0;
        connection.has_token = false;
        connection.response = std::make_unique<Response>(expected_);
        if (!connection.wants_out) send_rest(fd);
    }

    void send_rest(int fd) {
        Connection& connection = at(fd);
        if (connection.response && connection.sent < request_.size()) {
            const ssize_t sent =
                send(fd, request_.data() + connection.sent, request_.size() - connection.sent, MSG_NOSIGNAL);
            if (sent < 0 && errno != EAGAIN) return;  // the read that follows says what happened
            connection.sent += sent < 0 ? 0 : static_cast<std::size_t>(sent);
        }
        const bool wants_out = connection.response && connection.sent < request_.size();
        if (wants_out == connection.wants_out) return;
        connection.wants_out = wants_out;
        epoll_.modify(fd, wants_out ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }

    void handle(const epoll_event& event) {
        const int fd = event.data.fd;
        if (event.events & (EPOLLIN | EPOLLERR | EPOLLHUP))
            read(fd);
        else
            send_rest(fd);
    }

    void read(int fd) {
        Connection& connection = at(fd);
        const ssize_t got = recv(fd, buffer_.data(), buffer_.size(), 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) return connection_ended(fd);
        if (!connection.response) return fail(fd, "bytes that nobody asked for");
        const std::uint64_t now = now_ns();
        const auto state =
            connection.response->read({buffer_.data(), static_cast<std::size_t>(got)},
                                      [&](std::uint64_t stamp_ns) { count_token(connection, stamp_ns, now); });
        if (state == Response::State::wrong) return fail(fd, connection.response->error());
        if (state == Response::State::complete) finish(fd, now);
    }

    void count_token(Connection& connection, std::uint64_t stamp_ns, std::uint64_t now) {
        ++all_.tokens;
        if (measuring_) {
            ++measured_.tokens;
            transit_ns_.add(now - stamp_ns);
            if (!connection.has_token) first_token_ns_.add(now - connection.asked_ns);
        }
        connection.has_token = true;
    }

    void finish(int fd, std::uint64_t now) {
        Connection& connection = at(fd);
        ++all_.requests;
        if (measuring_) {
            ++measured_.requests;
            latency_ns_.add(now - connection.asked_ns);
        }
        const bool closes = connection.response->closes();
        connection.response.reset();
        connection.has_answered = true;
        if (connection.sent < request_.size()) return fail(fd, "answered before the request was complete");
        if (closes) return reopen(fd);
        ready(fd, now);
    }

    /// A server may close an idle connection; one that carries a request may not end.
    void connection_ended(int fd) {
        if (!at(fd).response) {
            std::erase(idle_, fd);
            return reopen(fd);
        }
        fail(fd, at(fd).has_answered && !at(fd).response->has_begun() ? "closed between requests"
                                                                      : "closed before the end");
    }

    void fail(int fd, const std::string& why) {
        ++all_.errors;
        if (first_error_.empty()) first_error_ = why;
        std::erase(idle_, fd);
        close(fd);
        open();
    }

    void reopen(int fd) {
        ++all_.reconnects;
        close(fd);
        open();
    }

    // -- what came out
    // ------------------------------------------------------------------------------------------------------

    static std::string quantiles(const char* name, const Histogram& histogram) {
        std::array<char, 128> text{};
        std::snprintf(text.data(), text.size(), R"(,"%s_p50_us":%.1f,"%s_p99_us":%.1f)", name,
                      static_cast<double>(histogram.quantile(0.5)) / 1e3, name,
                      static_cast<double>(histogram.quantile(0.99)) / 1e3);
        return text.data();
    }

    void report(double seconds) {
        std::replace_if(
            first_error_.begin(), first_error_.end(),
            [](char c) { return c == '"' || c == '\\' || c < ' ' || c > '~'; }, '\'');
        std::string json =
            "{\"seconds\":" + std::to_string(seconds) + ",\"requests\":" + std::to_string(measured_.requests) +
            ",\"tokens\":" + std::to_string(measured_.tokens) + ",\"all_requests\":" + std::to_string(all_.requests) +
            ",\"all_tokens\":" + std::to_string(all_.tokens) + ",\"errors\":" + std::to_string(all_.errors) +
            ",\"reconnects\":" + std::to_string(all_.reconnects) + ",\"first_error\":\"" + first_error_ + "\"" +
            quantiles("latency", latency_ns_);
        if (options_.script.tokens != 0)
            json += quantiles("first_token", first_token_ns_) + quantiles("transit", transit_ns_);
        std::puts((json + "}").c_str());
        std::fflush(stdout);
    }

    Options options_;
    Answers answers_;
    Expectation expected_{&answers_, options_.script.tokens, 0};
    std::string request_;
    Epoll epoll_;
    std::vector<Connection> connections_;
    std::deque<int> idle_;
    std::deque<std::uint64_t> waiting_;  // arrivals that found no idle connection
    std::uint64_t start_ns_ = 0, begin_ns_ = 0, opened_ = 0, arrived_ = 0;
    bool measuring_ = false;
    Counts all_, measured_;
    std::string first_error_;
    Histogram latency_ns_, first_token_ns_, transit_ns_;
    std::array<char, 256 * 1024> buffer_{};
};

}  // namespace

int main(int count, char** values) {
    raise_file_limit();
    return std::make_unique<Load>(Options(Arguments(count, values)))->run();
}
