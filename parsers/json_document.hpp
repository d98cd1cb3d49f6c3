/// Reads a JSON text forward, once, without building a tree: a narrow front for simdjson On-Demand.
///
///     JsonDocument document(text);
///     for (auto member = document.members(); member.next();)
///         if (member.key() == "model") member.value().assign_to(model);
///
/// What is not read is skipped. One document at a time per thread: its padded copy of the text and its index are the
/// thread's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tokenweir::parsers {

class JsonMembers;
class JsonElements;

/// A value whose turn has come: read it before its parent moves on. A cheap handle.
class JsonValue {
public:
    bool is_null() const noexcept { return first() == 'n'; }
    bool is_string() const noexcept { return first() == '"'; }
    bool is_object() const noexcept { return first() == '{'; }
    bool is_array() const noexcept { return first() == '['; }

    /// A string with at least one byte in it.
    bool has_text() const noexcept { return token_.size() > 2 && first() == '"' && token_[1] != '"'; }

    /// A string's content as it stands, escapes kept and quotes off; empty for anything else. Points into the document.
    std::string_view raw_string() const noexcept;

    /// Takes a string's content over into `text`, escapes undone; leaves `text` alone if this is no string or an empty
    /// one.
    void assign_to(std::string& text) const;

    /// A string's content, or a number or boolean as it stands; empty for null, objects and arrays.
    std::string as_text() const;

    /// An object or array as it stands, which is over with then; anything else as it stands. Its inside is unchecked.
    std::string_view raw() const noexcept;

    /// A number of things, also one in the form of a float (3.0). Absent when negative or above max_count, so that sums
    /// of a few cannot overflow.
    static constexpr std::int64_t max_count = std::int64_t{1} << 53;
    std::optional<std::int64_t> count() const noexcept;
    std::optional<double> number() const noexcept;

    /// Nothing comes from what is no object, or no array.
    JsonMembers members() const noexcept;
    JsonElements elements() const noexcept;

private:
    friend class JsonMembers;
    friend class JsonElements;
    char first() const noexcept { return token_.empty() ? '\0' : token_[0]; }
    std::string_view scalar() const noexcept;

    std::array<std::uintptr_t, 3> at_{};  // simdjson's value
    std::string_view token_;              // up to the next token: white space may follow
};

/// The members of an object, in order.
class JsonMembers {
public:
    bool next() noexcept;
    std::string_view key() const noexcept { return key_; }  ///< escapes kept
    const JsonValue& value() const noexcept { return value_; }

private:
    friend class JsonValue;
    friend class JsonDocument;
    std::array<std::uintptr_t, 3> at_{};
    bool open_ = false, started_ = false;
    std::string_view key_;
    JsonValue value_;
};

/// The elements of an array, in order.
class JsonElements {
public:
    bool next() noexcept;
    const JsonValue& value() const noexcept { return value_; }

private:
    friend class JsonValue;
    friend class JsonDocument;
    std::array<std::uintptr_t, 3> at_{};
    bool open_ = false, started_ = false;
    JsonValue value_;
};

class JsonDocument {
public:
    /// Copies `text`: an object or array; anything else is damaged. Bytes that are not UTF-8 do no damage. Throws
    /// std::bad_alloc.
    explicit JsonDocument(std::string_view text);
    ~JsonDocument();
    JsonDocument(const JsonDocument&) = delete;
    JsonDocument& operator=(const JsonDocument&) = delete;

    /// Of the outermost object or array, once. Nothing comes from the other kind.
    JsonMembers members() noexcept;
    JsonElements elements() noexcept;

    /// So far something was found that is not JSON. After a walk to the end without it the text was one whole document.
    bool damaged() const noexcept;

    /// Where `part`, a view that a value gave, stands in the text.
    std::size_t offset_of(std::string_view part) const noexcept;

private:
    char first_ = '\0';  // of the text, white space aside
};

}  // namespace tokenweir::parsers
