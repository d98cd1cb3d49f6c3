#include "feedback/feedback_request.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "observation/utf8.hpp"
#include "tracing/traceparent.hpp"

namespace tokenweir::feedback {
namespace {

namespace dom = simdjson::dom;

constexpr std::array<std::string_view, 3> subject_names{"call_id", "response_id", "traceparent"};
constexpr std::string_view members = "call_id, response_id, traceparent, name, score, label, comment";

/// Ends the reading; caught below.
struct Refusal {
    std::string message;
};

[[noreturn]] void refuse(std::string_view where, const std::string& what) {
    throw Refusal{std::string(where) + ": " + what};
}

std::string_view word_for(dom::element_type type) noexcept {
    switch (type) {
        case dom::element_type::ARRAY: return "an array";
        case dom::element_type::OBJECT: return "an object";
        case dom::element_type::INT64:
        case dom::element_type::UINT64:
        case dom::element_type::DOUBLE: return "a number";
        case dom::element_type::STRING: return "a string";
        case dom::element_type::BOOL: return "a boolean";
        case dom::element_type::NULL_VALUE: return "null";
    }
    return "something else";
}

std::string_view text_of(std::string_view where, const dom::element& value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS)
        refuse(where, "expected a string, got " + std::string(word_for(value.type())));
    return text;
}

/// Words that end up in labels and logs: on one line, and short.
std::string_view short_text_of(std::string_view where, const dom::element& value, std::size_t max_bytes) {
    const std::string_view text = text_of(where, value);
    const bool has_controls = std::ranges::any_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
    if (text.empty() || text.size() > max_bytes || has_controls)
        refuse(where, "expected 1 to " + std::to_string(max_bytes) + " bytes without control characters, got " +
                          (has_controls ? std::string("a control character") : std::to_string(text.size())));
    return text;
}

class Reader {
public:
    void member(std::string_view key, const dom::element& value) {
        if (std::ranges::find(seen_, key) != seen_.end()) refuse(key, "expected once, got it twice");
        seen_.emplace_back(key);
        if (const auto subject = std::ranges::find(subject_names, key); subject != subject_names.end()) {
            if (!out_.subject.empty())
                refuse(key, "expected one of call_id, response_id and traceparent, got " +
                                std::string(name_of(out_.subject_kind)) + " too");
            out_.subject_kind = static_cast<SubjectKind>(subject - subject_names.begin());
            out_.subject = short_text_of(key, value, max_id_bytes);
            if (out_.subject_kind == SubjectKind::traceparent && !tracing::parse_traceparent(out_.subject))
                refuse(key,
                       "expected a W3C traceparent such as 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        } else if (key == "name") {
            out_.name = short_text_of(key, value, max_name_bytes);
        } else if (key == "label") {
            out_.label = short_text_of(key, value, max_name_bytes);
        } else if (key == "score") {
            double score = 0;
            if (value.get(score) != simdjson::SUCCESS)
                refuse(key, "expected a number, got " + std::string(word_for(value.type())));
            if (std::abs(score) > max_score) refuse(key, "expected a number from -1e9 to 1e9");
            out_.score = score;
        } else if (key == "comment") {
            const std::string_view text = text_of(key, value);
            out_.comment = utf8_prefix(text, max_comment_bytes);
            out_.comment_cut = out_.comment.size() < text.size();
        } else {
            refuse("'" + std::string(utf8_prefix(key, max_name_bytes)) + "'",
                   "unknown member; expected some of " + std::string(members));
        }
    }

    FeedbackRequest finish() {
        if (out_.subject.empty()) refuse("body", "expected one of call_id, response_id and traceparent: which call?");
        if (out_.name.empty()) refuse("name", "missing; expected what was judged, such as \"helpfulness\"");
        if (!out_.score && out_.label.empty())
            refuse("body", "expected a score (a number), a label (a string) or both");
        return std::move(out_);
    }

private:
    FeedbackRequest out_;
    std::vector<std::string> seen_;
};

}  // namespace

std::string_view name_of(SubjectKind kind) noexcept { return subject_names[static_cast<std::size_t>(kind)]; }

std::variant<FeedbackRequest, BadFeedback> read_feedback(std::string_view body) try {
    if (body.size() > max_body_bytes)
        return BadFeedback{413, "body: expected at most " + std::to_string(max_body_bytes) + " bytes, got " +
                                    std::to_string(body.size())};
    dom::parser parser;
    dom::element root;
    if (const auto error = parser.parse(simdjson::padded_string(body)).get(root))
        refuse("body", "expected a JSON object; " + std::string(simdjson::error_message(error)));
    dom::object object;
    if (root.get(object) != simdjson::SUCCESS)
        refuse("body", "expected a JSON object, got " + std::string(word_for(root.type())));
    Reader reader;
    for (const auto& [key, value] : object) reader.member(key, value);
    return reader.finish();
} catch (const Refusal& refusal) {
    return BadFeedback{400, refusal.message};
}

}  // namespace tokenweir::feedback
