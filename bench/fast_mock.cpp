/// A model endpoint that costs next to nothing: one thread, epoll, answers scripted by the request itself
/// (bench/wire.hpp).
///
///     fast_mock [--port N]        default: a free port, printed on stdout
///
/// A request without a script is answered with one JSON document at once. Request bodies are discarded inside the
/// kernel.
#include <strings.h>

#include <charconv>
#include <queue>

#include "bench/kit.hpp"
#include "bench/wire.hpp"

namespace {

using namespace tokenweir::bench;

/// The value of a field in a request head, or an empty view. Names compare without case: proxies may change it.
std::string_view field(std::string_view head, std::string_view name) noexcept {
    for (std::size_t at = head.find('\n'); at + 1 < head.size(); at = head.find('\n', at + 1)) {
        const std::string_view line = head.substr(at + 1, head.find('\r', at) - at - 1);
        if (line.size() > name.size() && line[name.size()] == ':' &&
            strncasecmp(line.data(), name.data(), name.size()) == 0) {
            const std::size_t start = line.find_first_not_of(' ', name.size() + 1);
            return start == std::string_view::npos ? std::string_view{} : line.substr(start);
        }
    }
    return {};
}

struct Connection {
    bool open = false;
    std::uint32_t generation =
        0;  // tells a due write for this connection from one for an earlier owner of the descriptor
    std::string head;
    std::uint64_t body_left = 0;
    Script script;
    Numbers numbers;
    std::uint64_t step = 0;        // the next text of the answer
    std::uint64_t due_ns = never;  // when it is to be written; never: no answer is under way
    std::string unsent;            // what the socket did not take; nothing more is written before it is gone
};

class Mock {
public:
    explicit Mock(std::uint16_t port) : listener_(listen_and_announce(port)) { epoll_.add(listener_, EPOLLIN); }

    [[noreturn]] void run() {
        for (;;) {
            for (const epoll_event& event : epoll_.wait(due_.empty() ? never : due_.top().at_ns)) {
                if (event.data.fd == listener_)
                    accept_all();
                else if (event.events & EPOLLOUT)
                    flush(event.data.fd);
                else
                    read(event.data.fd);
            }
            const std::uint64_t now = now_ns();
            while (!due_.empty() && due_.top().at_ns <= now) {
                const Due due = due_.top();
                due_.pop();
                if (connections_[index_of(due.fd)].generation == due.generation) answer(due.fd);
            }
        }
    }

private:
    struct Due {
        std::uint64_t at_ns;
        int fd;
        std::uint32_t generation;
        bool operator>(const Due& other) const noexcept { return at_ns > other.at_ns; }
    };

    static std::size_t index_of(int fd) noexcept { return static_cast<std::size_t>(fd); }

    void accept_all() {
        for (int fd; (fd = accept_from(listener_)) >= 0;) {
            if (index_of(fd) >= connections_.size()) connections_.resize(index_of(fd) + 1024);
            connections_[index_of(fd)].open = true;
            epoll_.add(fd, EPOLLIN);
        }
    }

    void drop(int fd) {
        Connection& connection = connections_[index_of(fd)];
        if (!connection.open) return;
        const std::uint32_t generation = connection.generation + 1;
        connection = {};
        connection.generation = generation;
        close(fd);
    }

    void read(int fd) {
        Connection& connection = connections_[index_of(fd)];
        if (connection.body_left != 0) return discard_body(fd);
        const ssize_t got = recv(fd, buffer_.data(), buffer_.size(), 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0 || connection.due_ns != never) return drop(fd);  // the end, or a request before its turn
        connection.head.append(buffer_.data(), static_cast<std::size_t>(got));
        const std::size_t blank_line = connection.head.find("\r\n\r\n");
        if (blank_line == std::string::npos) return;
        const std::string_view head = std::string_view{connection.head}.substr(0, blank_line + 2);
        const std::uint64_t after_head = connection.head.size() - head.size() - 2;
        const std::string_view length = field(head, "Content-Length");
        connection.numbers.prompt = 0;
        std::from_chars(length.data(), length.data() + length.size(), connection.numbers.prompt);
        connection.script = Script::from_text(field(head, script_field));
        connection.head.clear();
        if (after_head > connection.numbers.prompt)
            return drop(fd);  // includes chunked requests: nobody here sends one
        connection.body_left = connection.numbers.prompt - after_head;
        connection.body_left == 0 ? begin_answer(fd) : discard_body(fd);
    }

    /// MSG_TRUNC on TCP drops the bytes without copying them (tcp(7)).
    void discard_body(int fd) {
        Connection& connection = connections_[index_of(fd)];
        while (connection.body_left != 0) {
            const ssize_t got = recv(fd, nullptr, std::min<std::uint64_t>(connection.body_left, 1u << 30), MSG_TRUNC);
            if (got < 0 && errno == EAGAIN) return;
            if (got <= 0) return drop(fd);
            connection.body_left -= static_cast<std::uint64_t>(got);
        }
        begin_answer(fd);
    }

    void begin_answer(int fd) {
        Connection& connection = connections_[index_of(fd)];
        connection.numbers.completion = connection.script.tokens == 0 ? document_tokens : connection.script.tokens;
        connection.numbers.total = connection.numbers.prompt + connection.numbers.completion;
        connection.step = 0;
        connection.due_ns = now_ns() + connection.script.first_us * 1000;
        connection.script.first_us == 0 ? answer(fd) : schedule(fd);
    }

    void schedule(int fd) {
        const Connection& connection = connections_[index_of(fd)];
        due_.push({connection.due_ns, fd, connection.generation});
    }

    /// Writes the next piece: a document, or the tokens of one burst with whatever stands before the first and after
    /// the last.
    void answer(int fd) {
        Connection& connection = connections_[index_of(fd)];
        out_.clear();
        connection.numbers.stamp = now_ns();
        const std::uint64_t tokens = connection.script.tokens;
        if (connection.step == 0) append_head(connection);
        std::uint64_t left = std::max<std::uint64_t>(connection.script.burst, 1);
        while (const Text* text = answers_.step(tokens, connection.step)) {
            const bool is_token = connection.step >= 1 && connection.step <= tokens;
            if (is_token && left-- == 0) break;
            connection.numbers.index = is_token ? connection.step - 1 : 0;
            text->append_to(out_, connection.numbers);
            ++connection.step;
        }
        const bool finished = answers_.step(tokens, connection.step) == nullptr;
        if (finished && tokens != 0) out_ += "0\r\n\r\n";
        connection.due_ns = finished ? never : connection.due_ns + next_gap_ns(connection.script);
        if (!finished) connection.due_ns = std::max(connection.due_ns, connection.script.gap_us == 0 ? now_ns() : 0);
        send_or_keep(fd);
    }

    void append_head(const Connection& connection) {
        out_ += "HTTP/1.1 200 OK\r\nDate: Tue, 11 Mar 2025 01:12:32 GMT\r\n";
        if (connection.script.tokens == 0)
            out_ += "Content-Type: application/json\r\nContent-Length: " + std::to_string(answers_.document.size());
        else
            out_ +=
                "Content-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\nCache-Control: "
                "no-cache";
        out_ +=
            "\r\nopenai-organization: weir\r\nopenai-processing-ms: 12\r\nopenai-version: 2020-10-01\r\n"
            "x-ratelimit-limit-requests: 10000\r\nx-ratelimit-remaining-requests: 9999\r\n"
            "x-ratelimit-limit-tokens: 2000000\r\nx-ratelimit-remaining-tokens: 1999000\r\n"
            "x-request-id: req_5b3c1d6f0a2e4d8f9c7b6a5e4d3c2b1a\r\n\r\n";
    }

    std::uint64_t next_gap_ns(const Script& script) noexcept {
        random_ ^= random_ << 13;  // xorshift64
        random_ ^= random_ >> 7;
        random_ ^= random_ << 17;
        const std::uint64_t gap_ns = script.gap_us * 1000;
        const std::uint64_t swing_ns = gap_ns * script.jitter_percent / 100;
        return swing_ns == 0 ? gap_ns : gap_ns - swing_ns + random_ % (2 * swing_ns);
    }

    void send_or_keep(int fd) {
        const ssize_t sent = send(fd, out_.data(), out_.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return drop(fd);
        const std::size_t taken = sent < 0 ? 0 : static_cast<std::size_t>(sent);
        if (taken == out_.size()) return resume(fd);
        connections_[index_of(fd)].unsent.assign(out_, taken);
        epoll_.modify(fd, EPOLLIN | EPOLLOUT);
    }

    void flush(int fd) {
        Connection& connection = connections_[index_of(fd)];
        if (!connection.open) return;
        const ssize_t sent = send(fd, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN ? void() : drop(fd);
        connection.unsent.erase(0, static_cast<std::size_t>(sent));
        if (!connection.unsent.empty()) return;
        epoll_.modify(fd, EPOLLIN);
        resume(fd);
    }

    void resume(int fd) {
        if (connections_[index_of(fd)].due_ns != never) schedule(fd);
    }

    Epoll epoll_;
    int listener_;
    Answers answers_ = answers_as_chunks();
    std::vector<Connection> connections_;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
    std::array<char, 16 * 1024> buffer_{};
    std::string out_;
    std::uint64_t random_ = 0x9E3779B97F4A7C15u;

    static Answers answers_as_chunks() {
        Answers answers;
        for (Text Answers::*text : {&Answers::role, &Answers::token, &Answers::finish, &Answers::usage, &Answers::done})
            answers.*text = (answers.*text).as_chunk();
        return answers;
    }
};

}  // namespace

int main(int count, char** values) {
    const Arguments arguments(count, values);
    raise_file_limit();
    Mock(static_cast<std::uint16_t>(arguments.number("--port", 0))).run();
}
