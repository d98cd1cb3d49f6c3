/// /metrics of the admin port.
#pragma once

#include <prometheus/collectable.h>

#include <span>
#include <string>
#include <vector>

#include "metrics/text_format.hpp"
#include "observation/admin_handler.hpp"

namespace tokenweir::metrics {

/// What all of `sources` collect, asked in their order: families sorted by name, their samples by labels. No family may
/// come from two of them.
std::vector<prometheus::MetricFamily> collect(std::span<const prometheus::Collectable* const> sources);

class Exposition final : public AdminHandler {
public:
    /// Shows what all of `sources` collect; OpenMetrics with `exemplars`, if given. They must outlive this.
    explicit Exposition(std::vector<const prometheus::Collectable*> sources, const ExemplarSource* exemplars = nullptr)
        : sources_(std::move(sources)), exemplars_(exemplars) {}

    /// GET and HEAD, in the format that `Accept` prefers; a HEAD is answered like a GET, whoever sends the answer
    /// leaves out its body.
    AdminResponse handle(const AdminRequest& request) override;

    /// Two scrapes of the same numbers are the same text.
    std::string text(TextFormat format) const;

private:
    const std::vector<const prometheus::Collectable*> sources_;
    const ExemplarSource* const exemplars_;
};

/// OpenMetrics 1.0 to those who name it and prefer it to text; else, and when they take neither, the text format.
TextFormat preferred_format(Fields request_fields) noexcept;

}  // namespace tokenweir::metrics
