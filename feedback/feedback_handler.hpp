/// POST /v1/feedback: docs/feedback.md.
#pragma once

#include <string_view>

#include "feedback/feedback_desk.hpp"
#include "observation/admin_handler.hpp"

namespace tokenweir::feedback {

class FeedbackHandler final : public AdminHandler {
public:
    static constexpr std::string_view path = "/v1/feedback";

    /// `desk` outlives this.
    explicit FeedbackHandler(FeedbackDesk& desk) : desk_(desk) {}

    /// 202 with the ids that were found; 400, 404, 405, 413, 429 or 503 with what is wrong. In JSON.
    AdminResponse handle(const AdminRequest& request) override;

private:
    AdminResponse bad(const BadFeedback& problem);

    FeedbackDesk& desk_;
};

}  // namespace tokenweir::feedback
