#include "metrics/exposition.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "metrics/text_format.hpp"

namespace tokenweir::metrics {

AdminResponse Exposition::handle(const AdminRequest& request) {
    if (request.method != "GET" && request.method != "HEAD")
        return {.status = 405, .body = "only GET and HEAD\n", .fields = {{"Allow", "GET, HEAD"}}};
    return {.content_type = std::string(text_content_type), .body = text()};
}

std::string Exposition::text() const {
    std::vector<prometheus::MetricFamily> families;
    for (const auto* source : sources_) std::ranges::move(source->Collect(), std::back_inserter(families));
    std::ranges::sort(families, {}, &prometheus::MetricFamily::name);
    for (auto& family : families) std::ranges::sort(family.metric, {}, &prometheus::ClientMetric::label);
    std::string out;
    append_text(out, families);
    return out;
}

}  // namespace tokenweir::metrics
