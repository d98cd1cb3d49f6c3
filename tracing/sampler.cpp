#include "tracing/sampler.hpp"

#include <cmath>

#include "tracing/tracestate.hpp"

namespace tokenweir::tracing {
namespace {

constexpr std::uint64_t randomness_end = std::uint64_t{1} << 56;

/// The last seven bytes, as a number.
std::uint64_t randomness_of(const TraceId& id) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 9; i < id.size(); ++i) value = value << 8 | id[i];
    return value;
}

std::uint64_t threshold_of(const SamplerOptions& options) noexcept {
    switch (options.root) {
        case SamplerOptions::Root::always_on: return 0;
        case SamplerOptions::Root::always_off: return randomness_end;
        case SamplerOptions::Root::ratio:
            return static_cast<std::uint64_t>(std::llround((1 - options.ratio) * static_cast<double>(randomness_end)));
    }
    return 0;
}

}  // namespace

Sampler::Sampler(const SamplerOptions& options) noexcept
    : parent_based_(options.parent_based),
      by_ratio_(options.root == SamplerOptions::Root::ratio),
      threshold_(threshold_of(options)) {}

void Sampler::decide(TraceContext& context, const RemoteParent* parent) const noexcept {
    if (parent != nullptr && parent->sampled && (parent_based_ || parent->debug)) {
        context.sampled = *parent->sampled;
        return;
    }
    const auto randomness = by_ratio_ ? trace_randomness(context.tracestate) : std::nullopt;
    context.sampled = randomness.value_or(randomness_of(context.trace_id)) >= threshold_;
    if (by_ratio_ && context.sampled) set_sampling_threshold(context.tracestate, threshold_);
}

}  // namespace tokenweir::tracing
