/// The relay: a request on its way to the upstream, and what is known of it when that fails.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "tests/proxy/relayed.hpp"
#include "tests/support/split_feed.hpp"

using namespace tokenweir;
using namespace tokenweir::test;
using namespace std::chrono_literals;

TEST_CASE("passes a request body byte for byte, wherever the client's bytes are cut") {
    for (const auto& pieces : test::splits("hello")) {
        Relayed relayed;
        relayed.start_upload({});
        for (const std::string_view piece : pieces) relayed.client_sends(piece);
        CHECK(relayed.upstream.written() == std::string(request_head) + "hello");
        CHECK(relayed.observer.call().request_body_bytes == 5);
        relayed.upstream_sends("HTTP/1.1 204 No Content\r\n\r\n");
        CHECK(relayed.result().cause == EndCause::complete);
        CHECK(relayed.result().client_reusable);
        CHECK(relayed.result().upstream_reusable);
    }
}

TEST_CASE("after a short upstream write the rest is kept, and the client is not read until it is gone") {
    Relayed relayed;
    relayed.upstream.will_take(request_head.size() + 1);
    relayed.start_upload("he");
    const int reads = relayed.client.reads();
    relayed.client_sends("llo");
    CHECK(relayed.client.reads() == reads);
    relayed.upstream.fire_writable();
    CHECK(relayed.client.reads() > reads);
    CHECK(relayed.upstream.written() == std::string(request_head) + "hello");
}

TEST_CASE("broken chunk framing of a request is not sent on") {
    Relayed relayed;
    relayed.start({.framing = {.kind = Framing::Kind::chunked}, .method = "POST"});
    relayed.client_sends("3\r\nabc\r\n");
    relayed.client_sends("3\nabc");
    CHECK(relayed.upstream.written() == std::string(request_head) + "3\r\nabc\r\n");
    CHECK(relayed.result().cause == EndCause::rejected);
    CHECK(relayed.result().refusal.status == 400);
    CHECK_FALSE(relayed.result().upstream_reusable);
}

TEST_CASE("bytes behind a request body go to the next request, not to the upstream") {
    Relayed relayed;
    relayed.start_upload("hel");
    relayed.client_sends("loGET / HT");
    relayed.client_sends("TP/1.1\r\n");
    CHECK(relayed.upstream.written() == std::string(request_head) + "hello");
    CHECK(relayed.leftover == "GET / HTTP/1.1\r\n");
}

TEST_CASE("a client that sends too much ahead is not read any more") {
    Relayed relayed;
    relayed.start();
    relayed.client_sends(std::string(pipeline_bytes, 'x'));
    const int reads = relayed.client.reads();
    relayed.client_sends("y");
    CHECK(relayed.client.reads() == reads);
    CHECK(relayed.leftover.size() == pipeline_bytes);
    CHECK_FALSE(relayed.relay.finished());
}

TEST_CASE("a client that leaves while it is not read is noticed within 100 ms") {
    struct Row {
        std::string_view name;
        void (*arrange)(Relayed&);
    };
    const Row rows[] = {
        {"the upstream takes no more",
         [](Relayed& relayed) {
             relayed.upstream.will_block_writing();
             relayed.start_upload("hel");
         }},
        {"the upstream takes no more, and its answer stops",
         [](Relayed& relayed) {
             relayed.upstream.will_block_writing();
             relayed.start_upload("hel");
             relayed.upstream_sends(chunked_head);
         }},
        {"it has sent too much ahead",
         [](Relayed& relayed) {
             relayed.start();
             relayed.client_sends(std::string(pipeline_bytes, 'x'));
         }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Relayed relayed;
        row.arrange(relayed);
        relayed.pass(1s);
        CHECK_FALSE(relayed.relay.finished());
        relayed.client.will_have_ended();
        relayed.pass(100ms);
        CHECK(relayed.relay.finished());
        CHECK(relayed.result().cause == EndCause::client_gone);
    }
}

TEST_CASE("a client that is read is not looked at, nor one that waits for its upstream for a moment only") {
    Relayed relayed;
    relayed.start({.framing = {.kind = Framing::Kind::length, .length = 100}, .method = "POST"});
    for (int i = 0; i < 20; ++i) {
        relayed.upstream.will_block_writing();
        relayed.client_sends("x");
        relayed.pass(20ms);
        relayed.upstream.fire_writable();
        relayed.pass(20ms);
    }
    relayed.pass(1s);
    CHECK(relayed.client.looks() == 0);
}

TEST_CASE("a write that fails before any byte left says that the request is unsent") {
    Relayed relayed;
    relayed.upstream.will_fail_writing();
    relayed.start_upload("hello");
    CHECK(relayed.relay.finished());
    CHECK(relayed.result().cause == EndCause::no_response);
    CHECK(relayed.result().request_unsent);
    CHECK(relayed.leftover.empty());
}

TEST_CASE("a write that fails once some byte left does not, and an answer is still waited for") {
    for (const bool blocked_first : {false, true}) {
        Relayed relayed;
        if (blocked_first) relayed.upstream.will_block_writing();
        relayed.start_upload({});
        relayed.upstream.fire_writable();
        CHECK(relayed.upstream.written() == request_head);
        relayed.upstream.will_fail_writing();
        relayed.client_sends("hello");
        CHECK_FALSE(relayed.relay.finished());
        relayed.upstream_sends(std::string(length_head).append("sorry"));
        CHECK(relayed.client.written().ends_with("\r\n\r\nsorry"));
        CHECK(relayed.result().cause == EndCause::complete);
        CHECK_FALSE(relayed.result().request_unsent);
        CHECK_FALSE(relayed.result().upstream_reusable);
    }
}

TEST_CASE("an upstream that closes or resets without a byte was silent") {
    for (const bool reset : {false, true}) {
        Relayed relayed;
        relayed.start();
        reset ? relayed.upstream_resets() : relayed.upstream_ends();
        CHECK(relayed.result().cause == EndCause::no_response);
        CHECK(relayed.result().upstream_silent);
        CHECK_FALSE(relayed.result().request_unsent);
    }
}

TEST_CASE("an early response to an unfinished upload is passed on, and neither connection is used again") {
    Relayed relayed;
    relayed.start_upload("he");
    relayed.upstream_sends(std::string(length_head).append("sorry"));
    CHECK(relayed.client.written() == relayed.passed(length_head, close_field).append("sorry"));
    CHECK(relayed.result().cause == EndCause::complete);
    CHECK_FALSE(relayed.result().client_reusable);
    CHECK_FALSE(relayed.result().upstream_reusable);
}

TEST_CASE("an early response that waits for its client survives the end of the upload's connection") {
    Relayed relayed;
    relayed.upstream.will_block_writing();
    relayed.start_upload("hello");
    relayed.client.will_block_writing();
    relayed.upstream_sends(std::string(length_head).append("sorry"));
    relayed.upstream.will_read_eof();
    relayed.upstream.will_fail_writing();
    relayed.upstream.fire_writable();
    CHECK_FALSE(relayed.relay.finished());
    relayed.client.fire_writable();
    CHECK(relayed.client.written().ends_with("\r\n\r\nsorry"));
    CHECK(relayed.result().cause == EndCause::complete);
    CHECK_FALSE(relayed.result().upstream_reusable);
}
