/// One call, told to the observer without a socket: what was asked, what came, how it ended.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/call_observer.hpp"

namespace tokenweir::test {

struct Told {
    std::string path = "/v1/chat/completions";
    std::string method = "POST";
    std::string provider = "test";  ///< of the route
    parsers::ContentCapture content = parsers::ContentCapture::off;
    std::vector<Field> request_fields;
    std::string request = R"({"model":"small-1","stream":true})";

    int status = 200;  ///< 0: no response head came
    std::vector<Field> response_fields{{"content-type", "text/event-stream"}};
    std::vector<std::string> pieces;    ///< of the response body
    std::chrono::milliseconds gap{10};  ///< before each piece
    EndCause end = EndCause::complete;
    std::optional<int> sent_status;  ///< absent: the upstream's
    parsers::ObserverOptions options;
};

/// The whole record. The call starts at second 100 of both clocks; the response head comes 10 ms later.
LlmCall observe(const Told& told);

/// The record that a call with these heads would leave if its bodies said nothing: where expectations start.
LlmCall blank(const Told& told);

/// The record with one fact a line, times in milliseconds since the start: what two records differ in is easy to see.
std::string describe(const LlmCall& call);

/// Checks that the record of `told` is `expected`, and that it stays so, clocks and gaps aside, however `body` is cut.
/// `told.pieces` is replaced.
void check_at_every_split(Told told, std::string_view body, const LlmCall& expected);

/// A file of tests/data.
std::string data(const std::string& name);

}  // namespace tokenweir::test
