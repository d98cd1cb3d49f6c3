/// The proxy's own name for a call: a UUIDv7 (RFC 9562 §5.7), unique over restarts and replicas.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "observation/clock.hpp"
#include "observation/random.hpp"

namespace tokenweir {

/// The 36 characters of a UUID; all zero bytes: not set.
struct CallId {
    std::array<char, 36> text{};

    std::string_view view() const noexcept {
        return text[0] == '\0' ? std::string_view{} : std::string_view{text.data(), text.size()};
    }
    bool operator==(const CallId&) const = default;
};

/// Writes call ids. One per thread.
class CallIdSource {
public:
    CallIdSource();

    /// Milliseconds of `now`, 58 random bits, and 16 by which this process knows its own ids again.
    CallId next(WallTime now) noexcept;

private:
    Random random_;
    const std::uint64_t key_;
};

/// When a call with this id began, if this process wrote it: one foreign id in 65536 passes for one of ours.
std::optional<WallTime> time_of_own(std::string_view id) noexcept;

/// `text` as an id, if it has the size of one.
std::optional<CallId> to_call_id(std::string_view text) noexcept;

}  // namespace tokenweir
