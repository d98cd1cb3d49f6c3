/// Which request headers say who called, and what each of them means: one table, asked for every field of every
/// request.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tokenweir::parsers {

enum class HeaderMeaning : std::uint8_t {
    conversation,
    user,
    tag,
    tag_or_json,   ///< a tag, or a JSON object whose members are tags
    codex_turn,    ///< x-codex-turn-metadata: JSON with a session in it
    baggage,       ///< W3C baggage, with a session and a user perhaps
    retry_count,   ///< retries so far
    attempt,       ///< "attempt=2; max=3", counted from one
    timeout,       ///< in seconds
    grpc_timeout,  ///< digits and a unit, "30S"
};

/// Case makes no difference, nor whether a name has `_` or `-`.
bool same_header(std::string_view a, std::string_view b) noexcept;

/// The names that the operator chose, and the known ones behind them. A header that the operator chose means what it
/// was chosen for.
class ContextHeaders {
public:
    static constexpr std::size_t max_names = 32;  ///< of one list

    /// The defaults that docs/configuration.md states.
    ContextHeaders();

    /// Names in order of preference; at most max_names, none of them empty. One of a tag may end in '*': each header
    /// that begins so is a tag, named after the rest.
    void set_conversation(std::vector<std::string> names);
    void set_user(std::vector<std::string> names);
    void set_tags(std::vector<std::string> names);

    const std::vector<std::string>& conversation() const noexcept { return conversation_; }
    const std::vector<std::string>& user() const noexcept { return user_; }
    const std::vector<std::string>& tags() const noexcept { return tags_; }

    struct Entry {
        std::string name;  ///< lower case with '-' for '_'; of a prefix without its star
        HeaderMeaning meaning;
        std::uint8_t rank;  ///< among those of one meaning; a lower one is preferred
    };

    struct Found {
        const Entry* entry;         ///< nullptr: the header says nothing that is recorded
        std::string_view tag = {};  ///< what names the tag, as received
    };

    /// Constant time, no allocation; next to nothing for most fields. Valid until a list is set.
    Found find(std::string_view name) const noexcept {
        const bool may_mean = name.size() < 3 || (lengths_[group_of(name)] >> length_of(name) & 1) != 0;
        return may_mean ? look_up(name) : Found{nullptr};
    }

    bool operator==(const ContextHeaders& other) const noexcept {
        return conversation_ == other.conversation_ && user_ == other.user_ && tags_ == other.tags_;
    }

private:
    static constexpr std::size_t slots = 256;
    static constexpr std::size_t groups = 32;

    // Of a name of three bytes or more: the third one says most, behind "x-". In either case of a letter the same.
    static std::size_t group_of(std::string_view name) noexcept { return static_cast<unsigned char>(name[2]) % groups; }
    static std::size_t length_of(std::string_view name) noexcept { return name.size() < 63 ? name.size() : 63; }

    Found look_up(std::string_view name) const noexcept;
    void build();
    void expect(std::string_view name, std::uint64_t lengths) noexcept;
    void add(std::string_view name, HeaderMeaning meaning, std::size_t rank);

    std::vector<std::string> conversation_, user_, tags_;
    std::vector<Entry> entries_, prefixes_;
    std::array<std::uint64_t, groups> lengths_{};  // bit n: a name of n bytes may mean something; 63: and all above
    std::array<std::uint8_t, slots> table_{};      // an index into entries_ and one; 0: nothing
};

}  // namespace tokenweir::parsers
