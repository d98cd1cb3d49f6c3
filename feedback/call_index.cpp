#include "feedback/call_index.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <span>
#include <utility>

namespace tokenweir::feedback {
namespace {

/// Of four map nodes with their buckets, about.
constexpr std::size_t index_bytes_per_call = 352;

std::size_t beyond(const std::string& text) noexcept {  // what a short string keeps in itself costs nothing
    constexpr std::size_t inside = 15;
    return text.size() > inside ? text.capacity() + 1 : 0;
}

}  // namespace

std::size_t CallIndex::SpanHash::operator()(const Span& span) const noexcept {
    std::array<std::uint64_t, 2> words{};  // the last bytes of a trace id are the random ones
    std::memcpy(&words[0], span.trace_id.data() + sizeof words[0], sizeof words[0]);
    std::memcpy(&words[1], span.span_id.data(), sizeof words[1]);
    return (words[0] ^ (words[1] * 0xD6E8FEB86659FD93)) * 0x9E3779B97F4A7C15;
}

std::array<CallIndex::Span, 2> CallIndex::spans_of(const Entry& entry) noexcept {
    if (!entry.call.trace) return {};
    const TraceContext& trace = *entry.call.trace;
    return {Span{trace.trace_id, trace.span_id}, Span{trace.trace_id, trace.parent_span_id}};
}

void CallIndex::add(EvaluatedCall call, Instant ended) {
    const std::size_t bytes = sizeof(Entry) + index_bytes_per_call + beyond(call.response_id) + beyond(call.route) +
                              beyond(call.operation) + beyond(call.provider) + beyond(call.model);
    while (!calls_.empty() && bytes_ + bytes > max_bytes_) forget_oldest();
    calls_.push_back(Entry{.call = std::move(call), .ended = ended, .bytes = bytes});
    bytes_ += bytes;
}

void CallIndex::map_all() {
    for (; mapped_ < first_ + calls_.size(); ++mapped_) map(mapped_);
}

void CallIndex::map(Number number) {
    const Entry& entry = at(number);
    std::size_t spans = 0;
    try {
        by_call_id_.insert_or_assign(entry.call.id.view(), number);
        if (!entry.call.response_id.empty()) {
            by_response_id_.erase(entry.call.response_id);  // its key would view into an entry that goes earlier
            by_response_id_.emplace(entry.call.response_id, number);
        }
        for (const Span& span : spans_of(entry)) {
            if (span.span_id != SpanId{}) {
                const auto [known, is_new] =
                    by_span_.try_emplace(span, Spanned{.latest = number, .calls = 1, .several = false});
                if (!is_new) known->second = {.latest = number, .calls = known->second.calls + 1, .several = true};
            }
            ++spans;
        }
    } catch (const std::bad_alloc&) {
        unmap(number, spans);
        throw;
    }
}

void CallIndex::forget_oldest() {
    const Entry& entry = calls_.front();
    if (first_ < mapped_) unmap(first_);
    bytes_ -= entry.bytes;
    calls_.pop_front();
    mapped_ = std::max(mapped_, ++first_);
}

/// `spans`: how many of them are in the map.
void CallIndex::unmap(Number number, std::size_t spans) noexcept {
    const Entry& entry = at(number);
    by_call_id_.erase(entry.call.id.view());
    if (const auto known = by_response_id_.find(entry.call.response_id);
        known != by_response_id_.end() && known->second == number)
        by_response_id_.erase(known);
    const auto its_spans = spans_of(entry);
    for (const Span& span : std::span(its_spans).first(spans)) {
        if (span.span_id == SpanId{}) continue;
        if (const auto known = by_span_.find(span); --known->second.calls == 0) by_span_.erase(known);
    }
}

const EvaluatedCall* CallIndex::by_call_id(std::string_view id) {
    map_all();
    const auto known = by_call_id_.find(id);
    return known == by_call_id_.end() ? nullptr : &at(known->second).call;
}

const EvaluatedCall* CallIndex::by_response_id(std::string_view id) {
    map_all();
    const auto known = by_response_id_.find(id);
    return known == by_response_id_.end() ? nullptr : &at(known->second).call;
}

const EvaluatedCall* CallIndex::by_span(const TraceId& trace_id, const SpanId& span_id) {
    map_all();
    const auto known = by_span_.find({trace_id, span_id});
    return known == by_span_.end() || known->second.several ? nullptr : &at(known->second.latest).call;
}

std::optional<Instant> CallIndex::oldest() const noexcept {
    return calls_.empty() ? std::nullopt : std::optional(calls_.front().ended);
}

}  // namespace tokenweir::feedback
