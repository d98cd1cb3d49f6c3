/// Finished calls by the ids that feedback may name them by: the most recent ones, as many as fit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "observation/clock.hpp"
#include "observation/evaluation.hpp"

namespace tokenweir::feedback {

/// One thread at a time.
class CallIndex {
public:
    explicit CallIndex(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    // Throws std::bad_alloc; what was in the index stays there.

    /// Forgets the oldest ones to make room.
    void add(EvaluatedCall call, Instant ended);

    // What is returned is valid until the next add; nullptr: it is not known.
    const EvaluatedCall* by_call_id(std::string_view id);
    const EvaluatedCall* by_response_id(std::string_view id);  ///< the latest with it

    /// The call whose own span this is, or the only one that it is the parent of.
    const EvaluatedCall* by_span(const TraceId& trace_id, const SpanId& span_id);

    std::size_t size() const noexcept { return calls_.size(); }
    std::optional<Instant> oldest() const noexcept;

private:
    struct Entry {
        EvaluatedCall call;
        Instant ended;
        std::size_t bytes;
    };
    using Number = std::uint64_t;  // of an entry, since the start
    struct Span {
        TraceId trace_id;
        SpanId span_id;
        bool operator==(const Span&) const = default;
    };
    struct SpanHash {
        std::size_t operator()(const Span& span) const noexcept;
    };
    struct Spanned {
        Number latest;
        std::uint32_t calls;  // that are in the index
        bool several;         // there was more than one, if not all of them now
    };

    const Entry& at(Number number) const { return calls_[number - first_]; }
    void forget_oldest();
    void map_all();
    void map(Number number);  // all of its ids, or none if there is no memory
    void unmap(Number number, std::size_t spans = 2) noexcept;

    /// The spans that stand for the call: its own and its parent. An id of zero is none.
    static std::array<Span, 2> spans_of(const Entry& entry) noexcept;

    const std::size_t max_bytes_;
    std::deque<Entry> calls_;
    Number first_ = 0;   // of the first entry
    Number mapped_ = 0;  // entries before this one are in the maps: calls that nobody asks for are never put there
    std::size_t bytes_ = 0;
    // The keys view into the entries.
    std::unordered_map<std::string_view, Number> by_call_id_, by_response_id_;
    std::unordered_map<Span, Spanned, SpanHash> by_span_;
};

}  // namespace tokenweir::feedback
