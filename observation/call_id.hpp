/// The proxy's own name for a call: a UUIDv7 (RFC 9562 §5.7), unique over restarts and replicas.
#pragma once

#include <array>
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
    /// Milliseconds of `now`, then 74 random bits.
    CallId next(WallTime now) noexcept;

private:
    Random random_;
};

}  // namespace tokenweir
