// Whatever the body: feedback that is taken names one call and keeps every limit, and a refusal says what is wrong.
#include <cmath>
#include <cstdint>
#include <string>
#include <variant>

#include "feedback/feedback_request.hpp"
#include "observation/utf8.hpp"
#include "tests/fuzz/fuzzed_pieces.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tokenweir;
    using namespace tokenweir::feedback;
    const auto read = read_feedback({reinterpret_cast<const char*>(data), size});
    if (const auto* bad = std::get_if<BadFeedback>(&read)) {
        test::require(bad->status == (size > max_body_bytes ? 413 : 400));
        test::require(!bad->message.empty() && bad->message.size() < 512);
        return 0;
    }
    const auto& request = std::get<FeedbackRequest>(read);
    test::require(!request.subject.empty() && request.subject.size() <= max_id_bytes);
    test::require(!request.name.empty() && request.name.size() <= max_name_bytes);
    test::require(request.score ? std::isfinite(*request.score) : !request.label.empty());
    test::require(request.label.size() <= max_name_bytes && request.comment.size() <= max_comment_bytes);
    for (const std::string& text : {request.subject, request.name, request.label, request.comment})
        test::require(to_valid_utf8(text) == text);
    return 0;
}
