#include "feedback/feedback_handler.hpp"

#include <chrono>
#include <string>
#include <variant>

#include "tracing/json_object.hpp"

namespace tokenweir::feedback {
namespace {

/// A client has the last byte of an answer a little before the record of the call is here.
constexpr std::chrono::seconds time_to_end{1};

AdminResponse answer(int status, std::string body) {
    return {.status = status, .content_type = "application/json", .body = std::move(body) + "\n"};
}

AdminResponse problem(int status, std::string_view message) {
    std::string body;
    tracing::JsonObject object(body);
    object.text("error", message);
    object.close();
    return answer(status, std::move(body));
}

AdminResponse try_later(AdminResponse refusal) {
    refusal.fields.emplace_back("Retry-After", "10");
    return refusal;
}

std::string not_found(const FeedbackRequest& request) {
    std::string message = std::string(name_of(request.subject_kind)) + " '" + request.subject + "': ";
    if (request.subject_kind == SubjectKind::response_id)
        return message +
               "no call that has ended and is still remembered has it; a call that is under way is known by its "
               "call_id, an old one by its traceparent";
    return message + "not an id that this process has given a call; the traceparent of the call would do";
}

AdminResponse accepted(const FeedbackRequest& request, const Receipt& receipt) {
    std::string body;
    tracing::JsonObject object(body);
    object.text("status", receipt.result == Receipt::Result::held ? "held" : "recorded");
    if (!receipt.call.id.view().empty()) object.text("call_id", receipt.call.id.view());
    if (const auto& trace = receipt.call.trace) {
        const auto trace_id = to_hex(trace->trace_id);
        const auto span_id = to_hex(trace->span_id);
        object.text("trace_id", {trace_id.data(), trace_id.size()});
        object.text("span_id", {span_id.data(), span_id.size()});
    }
    if (request.comment_cut) object.boolean("comment_cut", true);
    object.close();
    return answer(202, std::move(body));
}

}  // namespace

AdminResponse FeedbackHandler::bad(const BadFeedback& refused) {
    desk_.count_invalid();
    return problem(refused.status, refused.message);
}

AdminResponse FeedbackHandler::handle(const AdminRequest& request) {
    if (request.method != "POST") {
        AdminResponse refusal = bad({405, "method: expected POST, got " + std::string(request.method)});
        refusal.fields.emplace_back("Allow", "POST");
        return refusal;
    }
    if (request.body_left_out) return bad({413, "body: expected at most " + std::to_string(max_body_bytes) + " bytes"});
    const auto read = read_feedback(request.body);
    if (const auto* refused = std::get_if<BadFeedback>(&read)) return bad(*refused);
    const auto& feedback = std::get<FeedbackRequest>(read);
    const bool may_be_early = feedback.subject_kind == SubjectKind::response_id && !request.again;
    const Receipt receipt = desk_.submit(feedback, std::chrono::system_clock::now(), may_be_early);
    switch (receipt.result) {
        case Receipt::Result::recorded:
        case Receipt::Result::held: return accepted(feedback, receipt);
        case Receipt::Result::unknown: return problem(404, not_found(feedback));
        case Receipt::Result::full:
            return try_later(problem(503, "too much feedback waits for calls to end; try again later"));
        case Receipt::Result::early: return {.body = {}, .ask_again_after = time_to_end};
        case Receipt::Result::call_full: break;
    }
    return try_later(problem(429, "call_id '" + feedback.subject +
                                      "': " + std::to_string(FeedbackDesk::max_held_per_call) +
                                      " pieces of feedback wait for this call to end already"));
}

}  // namespace tokenweir::feedback
