/// A key of the record, and which spans have it as an attribute: both known when this is compiled.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tokenweir::tracing {

/// Where a member of the record belongs: all on log records, and some on spans. What a back end adds up must stand on
/// one span only.
enum class Place : std::uint8_t { log = 1, server = 2, client = 4 };

/// Stands for a literal of ASCII: a whole key, or the part before a name that somebody else chose.
class Key {
public:
    static constexpr std::size_t max_bytes = 100;

    /// Requires: at most that many.
    consteval Key(const char* text)  // NOLINT(google-explicit-constructor)
        : data_(text), size_(static_cast<std::uint16_t>(std::string_view(text).size())), places_(places_of(text)) {
        if (size_ > max_bytes) throw "too long";
    }

    constexpr std::string_view text() const noexcept { return {data_, size_}; }
    constexpr operator std::string_view() const noexcept { return text(); }  // NOLINT(google-explicit-constructor)

    constexpr std::size_t size() const noexcept { return size_; }

    constexpr bool belongs(Place place) const noexcept { return (places_ & static_cast<unsigned>(place)) != 0; }

private:
    static consteval std::uint8_t places_of(std::string_view key) {
        constexpr auto log = static_cast<std::uint8_t>(Place::log), server = static_cast<std::uint8_t>(Place::server),
                       client = static_cast<std::uint8_t>(Place::client);
        constexpr std::array<std::string_view, 3> on_both{"tokenweir.call.id", "tokenweir.route", "tokenweir.outcome"};
        constexpr std::array<std::string_view, 6> of_the_request{
            "http.", "url.", "client.address", "user_agent.", "tokenweir.phase.", "tokenweir.overhead"};
        if (key == "tokenweir.duration") return log;  // the span says it itself
        if (std::ranges::find(on_both, key) != on_both.end()) return log | server | client;
        const auto begins_key = [key](std::string_view prefix) { return key.starts_with(prefix); };
        return std::ranges::any_of(of_the_request, begins_key) ? log | server : log | client;
    }

    const char* data_;
    std::uint16_t size_;
    std::uint8_t places_;
};

}  // namespace tokenweir::tracing
