/// The relay: a response on its way to the client, and every way in which a call can end.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "tests/proxy/relayed.hpp"
#include "tests/support/split_feed.hpp"

using namespace tokenweir;
using namespace tokenweir::test;
using namespace std::chrono_literals;

TEST_CASE("passes a chunked stream byte for byte, wherever the upstream's bytes are cut") {
    const std::string response = std::string(chunked_head).append(chunked_body);
    for (const auto& pieces : test::splits(response)) {
        Relayed relayed;
        relayed.start();
        CHECK(relayed.upstream.written() == request_head);
        for (const std::string_view piece : pieces) {
            CHECK_FALSE(relayed.relay.finished());
            relayed.upstream_sends(piece);
        }
        CHECK(relayed.relay.finished());
        CHECK(relayed.times_finished == 1);
        CHECK(relayed.client.written() == relayed.passed(chunked_head).append(chunked_body));
        CHECK(relayed.result().cause == EndCause::complete);
        CHECK(relayed.result().status == 200);
        CHECK(relayed.result().response_started);
        CHECK(relayed.result().client_reusable);
        CHECK(relayed.result().upstream_reusable);
        CHECK(relayed.observer.call().response_body_bytes == 11);
    }
}

TEST_CASE("after a short client write the rest is kept, and the upstream is not read until it is gone") {
    Relayed relayed;
    relayed.start();
    relayed.client.will_take(10);
    relayed.upstream_sends(std::string(chunked_head).append("3\r\nabc\r\n"));
    CHECK(relayed.client.written().size() == 10);
    CHECK(relayed.counters.backpressure_pauses.read() == 1);

    const int reads = relayed.upstream.reads();
    relayed.upstream_sends("0\r\n\r\n");
    CHECK(relayed.upstream.reads() == reads);
    relayed.client.will_take(1);
    relayed.client.fire_writable();
    CHECK(relayed.client.written().size() == 11);
    CHECK(relayed.upstream.reads() == reads);
    relayed.client.will_block_writing();
    relayed.client.fire_writable();
    CHECK(relayed.upstream.reads() == reads);

    relayed.client.fire_writable();
    CHECK(relayed.client.written() == relayed.passed(chunked_head).append("3\r\nabc\r\n0\r\n\r\n"));
    CHECK(relayed.result().cause == EndCause::complete);
}

TEST_CASE("a response is complete only once the client's socket took its last byte") {
    Relayed relayed;
    relayed.start();
    relayed.client.will_block_writing();
    relayed.upstream_sends(std::string(length_head).append("hello"));
    CHECK_FALSE(relayed.relay.finished());
    relayed.client.fire_writable();
    CHECK(relayed.relay.finished());
    CHECK(relayed.times_finished == 1);
    CHECK(relayed.client.written() == relayed.passed(length_head).append("hello"));
    CHECK(relayed.result().response_started);
    CHECK(relayed.result().upstream_reusable);
}

TEST_CASE("a client that is gone before the first byte ends the call") {
    Relayed relayed;
    relayed.start();
    relayed.client_ends();
    CHECK(relayed.relay.finished());
    CHECK(relayed.times_finished == 1);
    CHECK(relayed.result().cause == EndCause::client_gone);
    CHECK_FALSE(relayed.result().status);
    CHECK_FALSE(relayed.result().response_started);
    CHECK_FALSE(relayed.result().client_reusable);
    CHECK_FALSE(relayed.result().upstream_reusable);
    CHECK_FALSE(relayed.upstream.awaits_readable());
}

TEST_CASE("a client that is gone in mid-stream ends the call, and the upstream connection with it") {
    Relayed relayed;
    relayed.start();
    relayed.upstream_sends(std::string(chunked_head).append("3\r\nabc\r\n"));
    relayed.client_ends();
    CHECK(relayed.result().cause == EndCause::client_gone);
    CHECK(relayed.result().status == 200);
    CHECK(relayed.result().response_started);
    CHECK_FALSE(relayed.result().upstream_reusable);
}

TEST_CASE("a client that does not take a write is gone") {
    Relayed relayed;
    relayed.start();
    relayed.client.will_fail_writing();
    relayed.upstream_sends(chunked_head);
    CHECK(relayed.result().cause == EndCause::client_gone);
    CHECK_FALSE(relayed.result().upstream_reusable);
}

TEST_CASE("an end of stream that a short read hid is found within the probe's delay") {
    Relayed relayed;
    relayed.start();
    relayed.client.will_read_eof();  // and no readiness is reported
    relayed.pass(300ms);
    CHECK(relayed.result().cause == EndCause::client_gone);
}

TEST_CASE("an upstream that ends inside a body with a length or chunks ends the call without a reset") {
    for (const auto head : {length_head, chunked_head}) {
        for (const bool reset : {false, true}) {
            Relayed relayed;
            relayed.start();
            relayed.upstream_sends(std::string(head).append("3\r\na"));
            CHECK_FALSE(relayed.relay.finished());
            reset ? relayed.upstream_resets() : relayed.upstream_ends();
            CHECK(relayed.client.written() == relayed.passed(head).append("3\r\na"));
            CHECK(relayed.result().cause == EndCause::upstream_closed);
            CHECK_FALSE(relayed.result().cut_needs_reset);
            CHECK_FALSE(relayed.result().client_reusable);
            CHECK_FALSE(relayed.result().upstream_reusable);
        }
    }
}

TEST_CASE("where the end of the connection ends the body, a proper end completes it and a reset asks for a reset") {
    for (const bool reset : {false, true}) {
        Relayed relayed;
        relayed.start();
        relayed.upstream_sends(std::string(until_close_head).append("partial"));
        reset ? relayed.upstream_resets() : relayed.upstream_ends();
        CHECK(relayed.client.written() == relayed.passed(until_close_head, close_field).append("partial"));
        CHECK(relayed.result().cause == (reset ? EndCause::upstream_closed : EndCause::complete));
        CHECK(relayed.result().cut_needs_reset == reset);
        CHECK_FALSE(relayed.result().client_reusable);
        CHECK_FALSE(relayed.result().upstream_reusable);
    }
}

TEST_CASE("broken chunk framing is not passed on") {
    Relayed relayed;
    relayed.start();
    relayed.upstream_sends(std::string(chunked_head).append("3\r\nabc\r\n"));
    relayed.upstream_sends("zz\r\nevil");
    CHECK(relayed.client.written() == relayed.passed(chunked_head).append("3\r\nabc\r\n"));
    CHECK(relayed.result().cause == EndCause::bad_response);
    CHECK(relayed.result().refusal.status == 502);
    CHECK_FALSE(relayed.result().client_reusable);
    CHECK_FALSE(relayed.result().upstream_reusable);
}

TEST_CASE("broken chunk framing right behind the head leaves room for a reply of our own") {
    Relayed relayed;
    relayed.start();
    relayed.upstream_sends(std::string(chunked_head).append("zz\r\n"));
    CHECK(relayed.client.written().empty());
    CHECK(relayed.result().cause == EndCause::bad_response);
    CHECK_FALSE(relayed.result().response_started);
}

TEST_CASE("a 100 is passed on to an HTTP/1.1 client, wherever it is cut") {
    constexpr auto interim = "HTTP/1.1 100 Continue\r\n\r\n"sv;
    const std::string responses = std::string(interim).append(length_head).append("hello");
    for (const auto& pieces : test::splits(responses)) {
        Relayed relayed;
        relayed.start();
        for (const std::string_view piece : pieces) relayed.upstream_sends(piece);
        CHECK(relayed.client.written() == std::string(interim).append(relayed.passed(length_head)).append("hello"));
        CHECK(relayed.result().cause == EndCause::complete);
        CHECK(relayed.result().status == 200);
    }
}

TEST_CASE("a 100 alone does not start the response") {
    Relayed relayed;
    relayed.start();
    relayed.upstream_sends("HTTP/1.1 100 Continue\r\n\r\n");
    relayed.upstream_ends();
    CHECK(relayed.result().cause == EndCause::no_response);
    CHECK_FALSE(relayed.result().response_started);
    CHECK_FALSE(relayed.result().upstream_silent);
}

TEST_CASE("a final response that waits behind a 100 in a full socket has started") {
    Relayed relayed;
    relayed.start();
    relayed.client.will_block_writing();
    relayed.upstream_sends(std::string("HTTP/1.1 100 Continue\r\n\r\n").append(length_head).append("hello"));
    relayed.client.fire_writable();
    CHECK(relayed.client.written() == "HTTP/1.1 100 Continue\r\n\r\n" + relayed.passed(length_head) + "hello");
    CHECK(relayed.result().cause == EndCause::complete);
    CHECK(relayed.result().response_started);
}

TEST_CASE("a 100 is dropped for an HTTP/1.0 client") {
    Relayed relayed;
    relayed.start_1_0();
    relayed.upstream_sends(std::string("HTTP/1.1 100 Continue\r\n\r\n").append(length_head).append("hello"));
    CHECK(relayed.client.written() == relayed.passed(length_head, close_field).append("hello"));
    CHECK(relayed.result().cause == EndCause::complete);
}

TEST_CASE("interim responses may come as often as an upstream likes to say that it is still at work") {
    constexpr auto heartbeat = "HTTP/1.1 102 Processing\r\n\r\n"sv;
    Relayed relayed;
    relayed.start();
    std::string passed;
    for (int i = 0; i < 1000; ++i) {
        relayed.upstream_sends(heartbeat);
        relayed.pass(10s);
        passed.append(heartbeat);
    }
    relayed.upstream_sends(std::string(length_head).append("hello"));
    CHECK(relayed.client.written() == passed.append(relayed.passed(length_head)).append("hello"));
    CHECK(relayed.result().cause == EndCause::complete);
}

TEST_CASE("interim responses of more than 1 MiB in one call are refused") {
    constexpr std::size_t size = 16 * 1024, enough = 64;
    std::string interim = "HTTP/1.1 103 Early Hints\r\nLink: ";
    interim.append(size - interim.size() - 4, 'x').append("\r\n\r\n");
    for (const std::size_t count : {enough, enough + 1}) {
        Relayed relayed;
        relayed.start();
        for (std::size_t i = 0; i < count; ++i) relayed.upstream_sends(interim);
        CHECK(relayed.client.written().size() == enough * size);
        CHECK(relayed.relay.finished() == (count > enough));
        if (count > enough) CHECK(relayed.result().cause == EndCause::bad_response);
    }
}

TEST_CASE("a 101 that nobody asked for is refused") {
    Relayed relayed;
    relayed.start();
    relayed.upstream_sends("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
    CHECK(relayed.client.written().empty());
    CHECK(relayed.result().cause == EndCause::bad_response);
    CHECK(relayed.result().refusal.status == 502);
    CHECK_FALSE(relayed.result().response_started);
    CHECK_FALSE(relayed.result().upstream_reusable);
}

TEST_CASE("a chunked response is taken apart for an HTTP/1.0 client, wherever it is cut") {
    const std::string response = std::string(chunked_head).append(chunked_body);
    for (const auto& pieces : test::splits(response)) {
        Relayed relayed;
        relayed.start_1_0();
        for (const std::string_view piece : pieces) relayed.upstream_sends(piece);
        CHECK(relayed.client.written() == relayed.passed("HTTP/1.1 200 OK\r\n\r\n", close_field).append("hello world"));
        CHECK(relayed.result().cause == EndCause::complete);
        CHECK_FALSE(relayed.result().client_reusable);
        CHECK(relayed.result().upstream_reusable);
    }
}

TEST_CASE("a chunked response that is cut for an HTTP/1.0 client asks for a reset") {
    Relayed relayed;
    relayed.start_1_0();
    relayed.upstream_sends(std::string(chunked_head).append("3\r\nabc\r\n"));
    relayed.upstream_ends();
    CHECK(relayed.result().cause == EndCause::upstream_closed);
    CHECK(relayed.result().cut_needs_reset);
}

TEST_CASE("bytes behind a response are not passed on, and its connection is not used again") {
    Relayed relayed;
    relayed.start();
    relayed.upstream_sends(std::string(length_head).append("helloHTTP/1.1 200 OK\r\n"));
    CHECK(relayed.client.written() == relayed.passed(length_head).append("hello"));
    CHECK(relayed.result().cause == EndCause::complete);
    CHECK(relayed.result().client_reusable);
    CHECK_FALSE(relayed.result().upstream_reusable);
}

TEST_CASE("an upstream that ends inside its head was not silent") {
    Relayed relayed;
    relayed.start();
    relayed.upstream_sends("HTTP/1.1 200 O");
    relayed.upstream_ends();
    CHECK(relayed.client.written().empty());
    CHECK(relayed.result().cause == EndCause::no_response);
    CHECK_FALSE(relayed.result().upstream_silent);
}

TEST_CASE("a relay that is cut ends once, in mid-stream or before") {
    for (const bool started : {false, true}) {
        Relayed relayed;
        relayed.start();
        if (started) relayed.upstream_sends(chunked_head);
        relayed.relay.cut();
        relayed.relay.cut();
        CHECK(relayed.times_finished == 1);
        CHECK(relayed.result().cause == EndCause::drained);
        CHECK(relayed.result().response_started == started);
        CHECK_FALSE(relayed.client.awaits_readable());
        CHECK_FALSE(relayed.upstream.awaits_readable());
    }
}
