/// What a request asks of the mock through its `x-mock-` headers: timing, counts and faults.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "observation/field.hpp"

namespace tokenweir::mock {

enum class Coding : std::uint8_t { identity, gzip, deflate, br, zstd };

/// How a connection is broken: a FIN in the place of the rest, or a reset.
enum class Cut : std::uint8_t { fin, rst };

/// A whole scenario; the initial values are those of a request without any `x-mock-` header.
/// Counts "after n tokens" are of deltas already sent; one that the answer never reaches never happens.
struct Scenario {
    std::chrono::microseconds head_delay{0};
    std::chrono::microseconds first_token_delay{0};
    std::chrono::microseconds gap{0};
    std::uint32_t tokens = 16;
    std::uint32_t tool_calls = 0;
    std::uint32_t reasoning_tokens = 0;
    std::uint32_t cached_tokens = 0;
    std::uint32_t cache_write_tokens = 0;
    bool refuse = false;

    std::uint32_t status = 200;
    std::optional<std::uint32_t> retry_after_seconds;
    std::optional<std::uint32_t> error_after;
    std::optional<std::uint32_t> error_status;
    std::optional<std::uint32_t> cut_after;
    Cut cut = Cut::fin;
    bool no_answer = false;
    bool no_done = false;
    std::optional<std::uint32_t> stall_after;
    std::chrono::microseconds stall{10'000'000};
    Coding coding = Coding::identity;

    bool operator==(const Scenario&) const = default;
};

/// When token `index` (from 0) is due, from the head on. The schedule is absolute: late tokens do not delay later ones.
std::chrono::microseconds token_due(const Scenario& scenario, std::uint64_t index) noexcept;

/// When an answer of so many tokens ends.
std::chrono::microseconds end_due(const Scenario& scenario, std::uint64_t tokens) noexcept;

/// One header: its documentation and its effect. docs/mock.md has the same rows; a test compares them.
struct ScenarioHeader {
    std::string_view name;
    std::string_view values;   ///< what it accepts, in words
    std::string_view initial;  ///< without the header
    std::string_view effect;
    bool (*apply)(Scenario&, std::string_view value);  ///< false: not such a value
};

std::span<const ScenarioHeader> scenario_headers() noexcept;

/// The scenario of a request, or what is wrong with it: which header, what was found, what was expected.
/// Fields outside `x-mock-` are ignored; an unknown or repeated one inside is wrong.
std::variant<Scenario, std::string> parse_scenario(Fields fields);

}  // namespace tokenweir::mock
