/// Hosts with several addresses: which of them is connected to, when, and what is said when none answers.
#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <chrono>
#include <future>
#include <string>
#include <vector>

#include "proxy/connect_race.hpp"
#include "tests/integration/sockets.hpp"
#include "tests/proxy/served.hpp"

using namespace tokenweir;
using namespace tokenweir::test;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

constexpr auto limit = 1300ms;
constexpr auto late = 2 * proxy::TimerWheel::tick;
constexpr auto delay = proxy::ConnectRace::attempt_delay;
constexpr auto whole_request = "GET /v1/models HTTP/1.1\r\nHost: proxy\r\n\r\n"sv;
constexpr auto no_content = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"sv;

/// Two addresses with a port in common: nobody answers at the first, somebody listens at the second.
struct Addresses {
    SilentListener unanswering{0, "127.0.0.1"};
    Socket filling{connect_to(unanswering.port())};  // Linux: a queue of 0 holds one
    SilentListener listening{8, "127.0.0.2", unanswering.port()};
};
constexpr auto refusing = "127.0.0.3", also_refusing = "127.0.0.4";

/// A session whose upstream is a name with these addresses, which have been looked up.
struct Named : Served {
    Named(std::uint16_t port, const std::vector<std::string>& addresses,
          std::chrono::milliseconds connect_limit = limit)
        : Named(
              port, [found = answer_of(addresses)](const std::string&) { return found; }, connect_limit) {}

    Named(std::uint16_t port, proxy::Resolver::LookUp look_up, std::chrono::milliseconds connect_limit)
        : Served(timeouts_of(connect_limit), "http://upstream.test:" + std::to_string(port), nullptr,
                 std::move(look_up)) {
        const proxy::Resolver::Question question(resolver, "upstream.test", io, services.now());
        for (int i = 0; i < 100 && question.answer() == nullptr; ++i) io.run_one_for(100ms);
        start();
    }

    /// A look-up on another thread does not keep an event loop going.
    const boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};

    static proxy::Timeouts timeouts_of(std::chrono::milliseconds connect_limit) {
        proxy::Timeouts timeouts;
        timeouts.connect = connect_limit;
        timeouts.client_header = 0ms;
        return timeouts;
    }
    static proxy::Resolver::Answer answer_of(const std::vector<std::string>& addresses) {
        proxy::Resolver::Answer answer;
        for (const std::string& text : addresses) answer.addresses.push_back(boost::asio::ip::make_address(text));
        return answer;
    }

    /// Once somebody has connected to `upstream`: what was sent there. It is answered, and the connection closed.
    std::string arrives_at(const SilentListener& upstream) {
        for (int i = 0; i < 100 && !upstream.reached(); ++i) io.run_one_for(100ms);
        REQUIRE(upstream.reached());
        const Socket accepted(upstream.accept());
        std::optional<std::string> text;
        for (int i = 0; i < 100 && !text; ++i) {
            io.run_one_for(100ms);
            text = accepted.read();
        }
        REQUIRE(::send(accepted.fd(), no_content.data(), no_content.size(), 0) > 0);
        return text.value_or("");
    }
    std::string message() const {
        const std::string text = client->written();
        const std::size_t begin = text.find("cannot connect to ");
        return begin == std::string::npos ? text : text.substr(begin, text.find('"', begin) - begin);
    }
};

}  // namespace

TEST_CASE("an address that does not answer delays a call by a moment, and the next call not at all") {
    const Addresses addresses;
    Named served(addresses.listening.port(), {"127.0.0.1", "127.0.0.2"});
    served.client_sends(whole_request);
    served.pass(delay - 1ms);
    CHECK_FALSE(addresses.listening.reached());
    served.pass(1ms + late);
    CHECK(served.arrives_at(addresses.listening).starts_with("GET /v1/models HTTP/1.1\r\n"));

    for (int i = 0; i < 100 && served.records.calls.empty(); ++i) served.io.run_one_for(100ms);
    served.client_sends(whole_request);
    CHECK(served.arrives_at(addresses.listening).starts_with("GET /v1/models HTTP/1.1\r\n"));
}

TEST_CASE("an address that refuses is followed by the next one at once") {
    const Addresses addresses;
    Named served(addresses.listening.port(), {refusing, also_refusing, "127.0.0.2"});
    served.client_sends(whole_request);
    CHECK(served.arrives_at(addresses.listening).starts_with("GET /v1/models HTTP/1.1\r\n"));
}

TEST_CASE("an address that answers late is not given up for the one behind it") {
    const Addresses addresses;
    Named served(addresses.listening.port(), {"127.0.0.1", refusing});
    served.client_sends(whole_request);
    served.pass(delay + late);
    const Socket filling(addresses.unanswering.accept());  // makes room; the system asks again after a second
    CHECK(served.arrives_at(addresses.unanswering).starts_with("GET /v1/models HTTP/1.1\r\n"));
}

TEST_CASE("when no address can be had the client is told what became of each, and of a single one no address") {
    const Addresses addresses;
    const std::string host = "cannot connect to upstream.test:" + std::to_string(addresses.listening.port()) + ": ";
    struct Row {
        std::vector<std::string> found;
        std::chrono::milliseconds limit;
        std::string_view status, message, error_type;
    };
    const Row rows[] = {
        {{refusing}, limit, "HTTP/1.1 502 ", "Connection refused", "connect_refused"},
        {{refusing, also_refusing},
         limit,
         "HTTP/1.1 502 ",
         "127.0.0.3: Connection refused; 127.0.0.4: Connection refused",
         "connect_refused"},
        {{"127.0.0.1"}, limit, "HTTP/1.1 504 ", "no answer within timeouts.connect", "connect_timeout"},
        {{"127.0.0.1", refusing},
         limit,
         "HTTP/1.1 504 ",
         "127.0.0.1: no answer within timeouts.connect; 127.0.0.3: Connection refused",
         "connect_timeout"},
        {{"127.0.0.1", "127.0.0.2"},
         100ms,
         "HTTP/1.1 504 ",
         "127.0.0.1: no answer within timeouts.connect; 127.0.0.2: not tried within timeouts.connect",
         "connect_timeout"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.message);
        Named served(addresses.listening.port(), row.found, row.limit);
        served.client_sends(whole_request);
        for (int i = 0; i < 20; ++i) served.io.run_one_for(5ms);
        served.pass(row.limit + late);
        CHECK(served.client->written().starts_with(row.status));
        CHECK(served.message() == host + std::string(row.message));
        REQUIRE(served.records.calls.size() == 1);
        CHECK(served.records.calls[0]->error_type == row.error_type);
    }
}

TEST_CASE("a name without an answer ends a call at timeouts.connect, and one that does not exist at once") {
    for (const bool answered : {true, false}) {
        CAPTURE(answered);
        const auto gate = std::make_shared<std::promise<void>>();
        const auto opened = gate->get_future().share();
        if (answered) gate->set_value();
        Served served(Named::timeouts_of(limit), "http://upstream.test", nullptr, [opened](const std::string&) {
            opened.wait();
            return proxy::Resolver::Answer{{}, "no such host"};
        });
        const auto work = boost::asio::make_work_guard(served.io);
        served.start();
        served.client_sends(whole_request);
        for (int i = 0; answered && i < 100 && served.records.calls.empty(); ++i) served.io.run_one_for(100ms);
        served.pass(limit - 1ms);
        CHECK(served.client->written().empty() != answered);
        served.pass(1ms + late);
        CHECK(served.client->written().starts_with(answered ? "HTTP/1.1 502 " : "HTTP/1.1 504 "));
        REQUIRE(served.records.calls.size() == 1);
        CHECK(served.records.calls[0]->error_type == (answered ? "dns" : "connect_timeout"));
        if (!answered) gate->set_value();
    }
}

TEST_CASE("a name whose address has changed is followed after a minute, unless the resolver has stopped answering") {
    const SilentListener before(8, "127.0.0.1"), after(8, "127.0.0.2", before.port());
    for (const bool answers : {true, false}) {
        CAPTURE(answers);
        const auto look_ups = std::make_shared<std::atomic<int>>(0);
        const auto gate = std::make_shared<std::promise<void>>();
        const auto opened = gate->get_future().share();
        if (answers) gate->set_value();
        Named served(
            before.port(),
            [look_ups, opened](const std::string&) {
                if (++*look_ups == 1) return Named::answer_of({"127.0.0.1"});
                opened.wait();
                return Named::answer_of({"127.0.0.2"});
            },
            10s);
        served.pass(proxy::Resolver::serving_time);
        served.client_sends(whole_request);
        if (!answers) served.pass(proxy::Resolver::patience - 1ms);
        CHECK_FALSE(before.reached());
        if (!answers) served.pass(1ms + late);
        CHECK(served.arrives_at(answers ? after : before).starts_with("GET /v1/models HTTP/1.1\r\n"));
        if (!answers) gate->set_value();
    }
    CHECK_FALSE(after.reached());
}
