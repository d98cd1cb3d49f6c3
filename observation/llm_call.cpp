#include "observation/llm_call.hpp"

#include <algorithm>
#include <cmath>

namespace tokenweir {

void OutputGaps::add(double seconds, double stall_seconds) noexcept {
    const auto bucket = seconds <= gap_bounds.front()  // as in a burst
                            ? 0
                            : std::lower_bound(gap_bounds.begin(), gap_bounds.end(), seconds) - gap_bounds.begin();
    ++counts[static_cast<std::size_t>(bucket)];
    sum_seconds += seconds;
    max_seconds = std::max(max_seconds, seconds);
    ++total;
    if (seconds > stall_seconds) ++stalls;
}

double OutputGaps::quantile(double q) const noexcept {
    const double rank = q * total;
    double below = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double in_bucket = counts[i];
        if (in_bucket == 0 || below + in_bucket < rank) {
            below += in_bucket;
            continue;
        }
        const double low = i == 0 ? 0 : gap_bounds[i - 1];
        const double high = i < gap_bounds.size() ? std::min(gap_bounds[i], max_seconds) : max_seconds;
        return std::min(low + (high - low) * ((rank - below) / in_bucket), max_seconds);
    }
    return max_seconds;
}

std::size_t memory_of(const LlmCall& call) noexcept {
    const auto of = [](const auto&... texts) { return (texts.capacity() + ...); };
    std::size_t bytes =
        sizeof(LlmCall) + of(call.route, call.server_address, call.client_address, call.user_agent, call.method,
                             call.path, call.operation, call.provider, call.request_model, call.response_model,
                             call.response_id, call.conversation_id, call.api_key_hash, call.error_type,
                             call.provider_error_type, call.provider_error_code, call.enduser_id, call.service_tier,
                             call.settings.output_type, call.settings.reasoning_level);
    for (const auto& text : call.finish_reasons) bytes += sizeof text + text.capacity();
    for (const auto& text : call.settings.stop_sequences) bytes += sizeof text + text.capacity();
    for (const auto& [name, value] : call.units) bytes += sizeof name + sizeof value + name.capacity();
    for (const auto& [name, value] : call.tags) bytes += 2 * sizeof name + name.capacity() + value.capacity();
    if (const auto& content = call.content)
        bytes += of(content->system_instructions, content->input_messages, content->output_messages,
                    content->tool_definitions);
    return bytes;
}

}  // namespace tokenweir
