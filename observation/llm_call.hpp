/// Everything seen of one call: the plain value that metrics, spans, the call log and the store are views of.
///
/// An absent optional or empty string means "the wire did not say". No credential is in it, and what was said
/// only where the route asks for it (`content`).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "observation/call_content.hpp"
#include "observation/call_id.hpp"
#include "observation/outcome.hpp"
#include "observation/timings.hpp"
#include "observation/trace_context.hpp"
#include "observation/usage.hpp"

namespace tokenweir {

/// What the first event with model output carried.
enum class OutputKind : std::uint8_t {
    text,
    reasoning,
    tool_call,
    server_tool,
    refusal,
    audio,
    image,
    code,
    transcript
};

inline constexpr std::array<std::string_view, 9> output_kind_names{
    "text", "reasoning", "tool_call", "server_tool", "refusal", "audio", "image", "code", "transcript",
};

constexpr std::string_view name_of(OutputKind kind) noexcept {
    return output_kind_names[static_cast<std::size_t>(kind)];
}

/// How far the observer could read the bodies. Anything but `complete` is counted; the bytes pass all the same.
enum class Decoding : std::uint8_t {
    complete,       ///< everything that was there was read
    off,            ///< observation is switched off
    malformed,      ///< the body is not what its type says
    over_limit,     ///< an event, a nesting depth or a decompressed size passed its limit
    unknown_coding  ///< a content coding that the observer does not know
};

inline constexpr std::array<std::string_view, 5> decoding_names{"complete", "off", "malformed", "over_limit",
                                                                "unknown_coding"};

constexpr std::string_view name_of(Decoding state) noexcept { return decoding_names[static_cast<std::size_t>(state)]; }

/// Where a cost comes from, or why there is none.
enum class CostSource : std::uint8_t {
    catalogue,  ///< computed from the price catalogue
    provider,   ///< the provider said it
    unpriced,   ///< the catalogue has no price for the model
    no_model    ///< the wire named no model
};

inline constexpr std::array<std::string_view, 4> cost_source_names{"catalogue", "provider", "unpriced", "no_model"};

constexpr std::string_view name_of(CostSource source) noexcept {
    return cost_source_names[static_cast<std::size_t>(source)];
}

/// A provider's rate-limit headers for one resource.
struct Quota {
    std::optional<double> limit;
    std::optional<double> remaining;
    std::optional<double> reset_seconds;

    bool operator==(const Quota&) const = default;
};

struct Quotas {
    Quota requests, tokens, input_tokens, output_tokens;
    Quota unified_5h, unified_7d;  ///< shares of what a subscription may use: the limit is 1
    std::optional<double> retry_after_seconds;

    bool operator==(const Quotas&) const = default;
};

/// Request settings, present only if sent.
struct RequestSettings {
    std::optional<bool> stream;
    std::optional<std::int64_t> max_tokens;
    std::optional<double> temperature, top_p, top_k, frequency_penalty, presence_penalty;
    std::optional<std::int64_t> seed, choice_count;
    std::vector<std::string> stop_sequences;
    std::string output_type;                      ///< text, json, image, speech
    std::string reasoning_level;                  ///< the effort, as sent
    std::optional<std::int64_t> messages, tools;  ///< counts

    bool operator==(const RequestSettings&) const = default;
};

/// Gaps between events with model output, as counts per bucket of `gap_bounds` and exact extremes.
inline constexpr std::array<double, 18> gap_bounds{0.001, 0.0025, 0.005, 0.01, 0.02,  0.04,  0.08,  0.16,  0.32,
                                                   0.64,  1.28,   2.56,  5.12, 10.24, 20.48, 40.96, 81.92, 163.84};

struct OutputGaps {
    std::array<std::uint32_t, gap_bounds.size() + 1> counts{};  ///< not cumulative; the last one is above all bounds
    double sum_seconds = 0;
    double max_seconds = 0;
    std::uint32_t total = 0;
    std::uint32_t stalls = 0;  ///< gaps longer than the configured stall threshold

    void add(double seconds, double stall_seconds) noexcept;

    /// The q-quantile (0 < q <= 1), linear within its bucket and never above the maximum. Requires total > 0.
    double quantile(double q) const noexcept;

    bool operator==(const OutputGaps&) const = default;
};

struct LlmCall {
    // Identity
    CallId id;
    std::optional<TraceContext> trace;
    std::string route;
    std::string server_address;
    std::uint16_t server_port = 0;
    std::string client_address;
    std::string user_agent;
    std::string method;
    std::string path;                  ///< as received, without the query
    std::string operation;             ///< gen_ai.operation.name
    std::string provider;              ///< gen_ai.provider.name
    std::string_view api = "unknown";  ///< wire format; points to static text
    std::string request_model;
    std::string response_model;
    std::string response_id;
    std::string conversation_id;
    std::string api_key_hash;
    std::string enduser_id;
    std::vector<std::pair<std::string, std::string>> tags;  ///< name and value, as configured; names are unique
    std::uint32_t context_dropped = 0;                      ///< ids and tags passed over: too long, too many, no text
    std::optional<std::int64_t> client_retry_count;
    std::optional<double> client_timeout_seconds;  ///< how long the client's SDK says it will wait
    RequestSettings settings;
    std::uint64_t prompt_hash = 0;  ///< keyed, for comparisons within this process alone; 0: not wanted, or no prompt
    Quotas quotas;
    bool generation = false;  ///< belongs in generation metrics (not models, files, count_tokens, polls)

    // Result
    std::optional<int> status;  ///< what the client was sent
    bool response_streamed = false;
    TokenUsage usage;
    std::vector<std::pair<std::string, double>> units;  ///< other billable units, by name
    std::string service_tier;                           ///< as billed: the response's word, else the request's
    std::optional<double> cost;                         ///< USD; set with source catalogue or provider alone
    std::optional<CostSource> cost_source;              ///< absent: nothing that is billed was seen
    std::vector<std::string> finish_reasons;            ///< one per choice, in index order
    std::int64_t tool_calls = 0, server_tool_calls = 0;
    Outcome outcome = Outcome::ok;
    std::string error_type;           ///< empty when ok or cancelled
    std::string_view refusal;         ///< why the proxy itself refused or cut the call; points to static text
    std::string provider_error_type;  ///< the provider's own words
    std::string provider_error_code;
    Decoding decoding = Decoding::complete;
    std::optional<CallContent> content;  ///< only if the route has it recorded

    // Time and size
    Timings timings;
    std::optional<OutputKind> first_token_kind;
    std::uint64_t output_events = 0;
    OutputGaps gaps;
    std::uint64_t request_body_bytes = 0;   ///< payload bytes read from the client, chunk framing excluded
    std::uint64_t response_body_bytes = 0;  ///< payload bytes read from the upstream, chunk framing excluded

    bool operator==(const LlmCall&) const = default;
};

/// The model worked, and the wire did not say how many tokens it took. (A refused call is not missing its usage.)
inline bool usage_missing(const LlmCall& call) noexcept {
    return call.generation && call.usage.source == UsageSource::missing &&
           (call.outcome == Outcome::ok || call.output_events > 0);
}

/// Bytes that a call keeps alive, for queues that are bounded in bytes.
std::size_t memory_of(const LlmCall& call) noexcept;

}  // namespace tokenweir
