/// What an app says of a call: the body of POST /v1/feedback, read and judged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace tokenweir::feedback {

inline constexpr std::size_t max_body_bytes = 16 * 1024;
inline constexpr std::size_t max_name_bytes = 64;       ///< of an evaluation's name, and of a label
inline constexpr std::size_t max_id_bytes = 256;        ///< of a response's id
inline constexpr std::size_t max_comment_bytes = 1024;  ///< longer ones are cut, at a code point
inline constexpr double max_score = 1e9;                ///< and its negative: sums lose small ones beside larger ones

/// Which call is meant: exactly one of these was given.
enum class SubjectKind : std::uint8_t { call_id, response_id, traceparent };

struct FeedbackRequest {
    SubjectKind subject_kind = SubjectKind::call_id;
    std::string subject{};  ///< a traceparent is a valid one
    std::string name{};
    std::optional<double> score{};  ///< at most max_score away from zero
    std::string label{};
    std::string comment{};
    bool comment_cut = false;

    bool operator==(const FeedbackRequest&) const = default;
};

/// Why a body is refused: where, and what was expected.
struct BadFeedback {
    int status = 400;
    std::string message{};

    bool operator==(const BadFeedback&) const = default;
};

std::variant<FeedbackRequest, BadFeedback> read_feedback(std::string_view body);

/// The member that names a call in this way.
std::string_view name_of(SubjectKind kind) noexcept;

}  // namespace tokenweir::feedback
