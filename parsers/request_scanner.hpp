/// Finds the few top-level members of a JSON request body while the bytes pass: no DOM, no copy of the prompt.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/prompt_hash.hpp"

namespace tokenweir::parsers {

/// One member that was asked for. `text` holds the raw JSON of a scalar (strings with their quotes, escapes kept), or
/// of a small object or array that was asked for whole; `elements` counts the elements of a top-level array.
struct ScannedMember {
    std::string text;
    std::optional<std::int64_t> elements;
    bool seen = false;
    bool truncated = false;  ///< longer than max_value_bytes; `text` holds nothing then

    bool operator==(const ScannedMember&) const = default;
};

/// The members to keep, at most 64, with an index by their first byte. A name that ends in "[]" ("messages[]") asks for
/// the count alone: nothing of that value is copied.
class WantedMembers {
public:
    WantedMembers(std::initializer_list<std::string_view> names);

    /// The name that `key` (escapes undone) is asked for by, with its "[]" if it has one; empty: nobody asked.
    std::string_view find(std::string_view key) const noexcept;

    const std::vector<std::string_view>& names() const noexcept { return names_; }

private:
    std::vector<std::string_view> names_;
    std::array<std::uint64_t, 256> beginning_with_{};  // bit i: names_[i] does
};

class RequestScanner {
public:
    static constexpr std::size_t max_value_bytes = 4096;  ///< kept of one member's value
    static constexpr std::size_t max_depth = 512;         ///< of nesting; deeper is damage

    /// `wanted` must outlive the scanner. A member occurring twice: the last one counts, as it does for the servers'
    /// own parsers. Keys match with their escapes undone.
    explicit RequestScanner(const WantedMembers& wanted) noexcept : members_(&wanted) {}

    /// Linear in the bytes and independent of how they are split.
    void feed(std::string_view piece) noexcept;

    /// From now on, the values of members that are only counted go into `hash` too, byte by byte. It outlives this.
    void hash_into(PromptHash& hash) noexcept { hash_ = &hash; }

    /// By its name without "[]"; nullptr for one that was not asked for or not seen to its end. Valid until the next
    /// feed.
    const ScannedMember* member(std::string_view name) const noexcept;

    /// Not a JSON object, or too deep; members seen before that stand.
    bool malformed() const noexcept { return state_ == State::malformed; }

private:
    enum class State : unsigned char {
        start,      // before the object; a byte order mark may come
        first_key,  // after {: a key or }
        next_key,   // after a comma: a key
        in_key,
        colon,
        value,
        in_string,
        in_scalar,     // a number or a word
        array_start,   // after [: ] or the first element
        in_container,  // an object or array value, down to any depth
        after_value,   // a comma or }
        end,           // after the object: white space
        malformed,
    };
    struct Found {
        std::string_view name;
        ScannedMember member;
    };

    const char* step(const char* at, const char* end);
    const char* start(const char* at, const char* end) noexcept;
    const char* begin_key(const char* at) noexcept;
    const char* begin_value(const char* at, const char* end);
    const char* take_value(const char* at, const char* last, const char* end);
    const char* skip_string(const char* at, const char* end) noexcept;
    const char* skip_container(const char* at, const char* end) noexcept;
    const char* to(State state, const char* at) noexcept;
    void end_key();
    void keep(std::string_view text);
    void commit();

    const WantedMembers* members_;
    PromptHash* hash_ = nullptr;
    std::forward_list<Found> found_;
    std::string text_;         // of the key or the value being read, as far as it is kept
    std::string_view wanted_;  // the name whose value is being read; empty: nobody asked for it
    std::int64_t elements_ = 0;
    std::uint64_t escaped_ = 0;  // 1: the next byte of the string stands behind a backslash
    std::uint32_t depth_ = 0;    // of open brackets inside the value
    std::uint32_t marks_ = 0;    // mark_of() each name in found_: most members that are looked up are not there
    State state_ = State::start;
    unsigned char mark_bytes_ = 0;  // of a byte order mark
    bool keep_text_ = false;        // of this key or value
    bool hashing_ = false;          // this value
    bool truncated_ = false;
    bool counting_ = false;   // the value is an array that was asked for
    bool in_string_ = false;  // inside a container
};

}  // namespace tokenweir::parsers
