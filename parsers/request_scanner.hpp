/// Finds the few top-level members of a JSON request body while the bytes pass: no DOM, no copy of the prompt.
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
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
    bool truncated = false;  ///< longer than max_value_bytes; `text` holds nothing then

    bool operator==(const ScannedMember&) const = default;
};

/// The members to keep, at most 64 and each shorter than 64 bytes, with an index by first byte and length. A name that
/// ends in "[]" ("messages[]") asks for the count alone: nothing of that value is copied.
class WantedMembers {
public:
    static constexpr std::size_t max_names = 64;
    static constexpr std::size_t none = max_names;  ///< the place of a name that nobody asked for

    constexpr WantedMembers(std::initializer_list<std::string_view> names) noexcept {
        assert(names.size() <= max_names);
        for (std::string_view name : names) add(name);
    }

    /// The place of `key` (escapes undone) among the names, or `none`.
    constexpr std::size_t find(std::string_view key) const noexcept {
        if (key.empty() || key.size() >= of_length_.size()) return none;
        std::uint64_t left = beginning_with_[static_cast<unsigned char>(key.front())] & of_length_[key.size()];
        for (; left != 0; left &= left - 1)
            if (const auto place = static_cast<std::size_t>(std::countr_zero(left)); names_[place] == key) return place;
        return none;
    }

    /// Without their "[]".
    constexpr std::span<const std::string_view> names() const noexcept { return {names_.data(), size_}; }

    constexpr bool is_only_counted(std::size_t place) const noexcept { return (only_counted_ >> place & 1) != 0; }

private:
    constexpr void add(std::string_view name) noexcept {
        const std::uint64_t bit = std::uint64_t{1} << size_;
        if (name.ends_with("[]")) {
            only_counted_ |= bit;
            name.remove_suffix(2);
        }
        assert(!name.empty() && name.size() < of_length_.size());
        beginning_with_[static_cast<unsigned char>(name.front())] |= bit;
        of_length_[name.size()] |= bit;
        names_[size_++] = name;
    }

    std::array<std::string_view, max_names> names_{};
    std::size_t size_ = 0;
    std::uint64_t only_counted_ = 0;  // bit i: names_[i] is, and so on
    std::array<std::uint64_t, 256> beginning_with_{};
    std::array<std::uint64_t, 64> of_length_{};
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

    /// By its place among the wanted ones; nullptr for one that was not asked for or not seen to its end. Valid until
    /// the next feed.
    const ScannedMember* member(std::size_t place) const noexcept {
        if (place >= WantedMembers::max_names || (seen_ >> place & 1) == 0) return nullptr;
        const Found* found = found_.data();
        while (found->place != place) ++found;
        return &found->member;
    }

    /// By its name without "[]".
    const ScannedMember* member(std::string_view name) const noexcept { return member(members_->find(name)); }

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
        std::size_t place = WantedMembers::none;
        ScannedMember member;
    };

    const char* step(const char* at, const char* end);
    const char* start(const char* at, const char* end) noexcept;
    const char* take_key(const char* at, const char* end);
    const char* begin_value(const char* at, const char* end);
    const char* take_value(const char* from, const char* at, const char* end);
    const char* skip_string(const char* at, const char* end) noexcept;
    const char* skip_long_string(const char* at, const char* end) noexcept;
    const char* skip_container(const char* at, const char* end) noexcept;
    const char* to(State state, const char* at) noexcept;
    void choose_member(std::string_view key);
    [[gnu::noinline]] void keep(std::string_view text, std::size_t max_bytes);
    void commit(std::string_view last);

    const WantedMembers* members_;
    PromptHash* hash_ = nullptr;
    std::vector<Found> found_;
    std::string text_;        // of the key or the value being read, as far as it is kept and in earlier pieces
    std::uint64_t seen_ = 0;  // bit i: found_ has the member of that place
    std::int64_t elements_ = 0;
    std::uint64_t escaped_ = 0;  // 1: the next byte of the string stands behind a backslash
    std::uint16_t depth_ = 0;    // of open brackets inside the value
    State state_ = State::start;
    std::uint8_t place_ = WantedMembers::none;  // whose value is being read
    std::uint8_t mark_bytes_ = 0;               // of a byte order mark
    bool truncated_ = false;
    bool counting_ = false;   // the value is an array that was asked for
    bool in_string_ = false;  // inside a container
};

}  // namespace tokenweir::parsers
