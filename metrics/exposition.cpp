#include "metrics/exposition.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "observation/accept.hpp"

namespace tokenweir::metrics {

std::vector<prometheus::MetricFamily> collect(std::span<const prometheus::Collectable* const> sources) {
    std::vector<prometheus::MetricFamily> families;
    for (const auto* source : sources) std::ranges::move(source->Collect(), std::back_inserter(families));
    std::ranges::sort(families, {}, &prometheus::MetricFamily::name);
    for (auto& family : families) std::ranges::sort(family.metric, {}, &prometheus::ClientMetric::label);
    return families;
}

AdminResponse Exposition::handle(const AdminRequest& request) {
    if (request.method != "GET" && request.method != "HEAD")
        return {.status = 405, .body = "only GET and HEAD\n", .fields = {{"Allow", "GET, HEAD"}}};
    const TextFormat format = preferred_format(request.fields);
    return {.content_type = std::string(content_type(format)), .body = text(format)};
}

std::string Exposition::text(TextFormat format) const {
    std::string out;
    append_text(out, collect(sources_), format, exemplars_);
    return out;
}

TextFormat preferred_format(Fields request_fields) noexcept {
    double openmetrics = 0, text = 0;
    for_each_accepted(request_fields, "accept", [&](const Accepted& accepted) {
        const std::string_view version = accepted.parameter("version");
        const bool is_text = iequals(accepted.name, "text/plain") && (version.empty() || version == "0.0.4");
        if (iequals(accepted.name, "application/openmetrics-text") && (version.empty() || version == "1.0.0"))
            openmetrics = std::max(openmetrics, accepted.weight);
        else if (is_text || accepted.name == "*/*" || iequals(accepted.name, "text/*"))
            text = std::max(text, accepted.weight);
    });
    return openmetrics > 0 && openmetrics >= text ? TextFormat::openmetrics : TextFormat::prometheus;
}

}  // namespace tokenweir::metrics
