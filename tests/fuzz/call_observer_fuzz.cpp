// Whatever the bytes: no crash, one outcome, and the same record however request and response are cut.
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "parsers/call_observer.hpp"
#include "tests/fuzz/fuzzed_pieces.hpp"

namespace {

using namespace tokenweir;
using namespace tokenweir::parsers;

constexpr std::array paths{"/v1/chat/completions", "/v1/messages", "/v1/chat", "/v1/responses", "/x"};
constexpr std::array types{"text/event-stream", "application/json", ""};
constexpr std::array codings{"", "", "gzip", "br", "zstd"};  // mostly none, so that the readers are reached
constexpr std::array statuses{200, 200, 200, 400, 429, 204};

/// The first bytes say what kind of call it is; a zero byte parts the request from the response.
struct Call {
    std::uint8_t seed, path, type, coding, status, end, limit;
    std::string_view request, response;
};

LlmCall observe(const Call& call, bool cut) {
    ObserverOptions options;
    options.max_event_bytes = 16 + call.limit * std::size_t{16};
    options.max_decoded_bytes = std::size_t{1} << 20;
    const std::string_view path = paths[call.path % paths.size()];
    const std::string_view coding = codings[call.coding % codings.size()];
    const std::vector<Field> fields{{"content-type", types[call.type % types.size()]}, {"content-encoding", coding}};
    const int status = statuses[call.status % statuses.size()];
    const auto feed = [&](std::string_view body, auto use) {
        if (cut)
            test::in_pieces(body, call.seed, use);
        else if (!body.empty())
            use(body);
    };
    LlmCall record;
    CallObserver observer(options, record, {}, {}, {});
    observer.request_head({"POST", path, path, {}, ""}, {"r", "h", 1, "p", static_cast<ContentCapture>(call.seed % 3)});
    feed(call.request, [&](std::string_view piece) { observer.request_piece(piece); });
    observer.request_end();
    observer.response_head({status, fields});
    feed(call.response, [&](std::string_view piece) { observer.response_piece(piece, {}); });
    const auto causes = static_cast<unsigned>(EndCause::rejected) + 1;
    return observer.finish(static_cast<EndCause>(call.end % causes), status, {});
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 7) return 0;
    const std::string_view rest(reinterpret_cast<const char*>(data) + 7, size - 7);
    const auto zero = rest.find('\0');
    const std::string_view request = rest.substr(0, zero);
    const std::string_view response = zero == std::string_view::npos ? std::string_view{} : rest.substr(zero + 1);
    const Call call{data[0], data[1], data[2], data[3], data[4], data[5], data[6], request, response};
    const LlmCall whole = observe(call, false);
    const bool fine = whole.outcome == Outcome::ok || whole.outcome == Outcome::cancelled_before_first_token ||
                      whole.outcome == Outcome::cancelled_mid_stream;
    test::require(fine == whole.error_type.empty());
    test::require(whole.response_body_bytes == response.size());
    test::require(!whole.timings.first_answer || whole.timings.first_token);
    // A damaged coded body gives away as much before its fault as the pieces let it; anything else is the same to the
    // bit.
    const bool exact = codings[call.coding % codings.size()][0] == '\0' || whole.decoding == Decoding::complete;
    const LlmCall pieces = observe(call, true);
    test::require(whole.outcome == pieces.outcome || !exact);
    test::require(whole == pieces || !exact);
    return 0;
}
