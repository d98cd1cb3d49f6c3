/// Reads a JSON text forward, once, without building a tree.
///
///     JsonDocument document(text);
///     for (auto member = document.members(); member.next();)
///         if (member.key() == "model") member.value().assign_to(model);
///
/// What is not read is skipped: of that, only strings and brackets are looked at. One document at a time per thread:
/// the list of its strings is the thread's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parsers/json_strings.hpp"

namespace tokenweir::parsers {

class JsonMembers;
class JsonElements;
class JsonDocument;

/// A value whose turn has come: read it before its parent moves on. A cheap handle.
class JsonValue {
public:
    bool is_null() const noexcept { return first() == 'n'; }
    bool is_string() const noexcept { return first() == '"'; }
    bool is_object() const noexcept { return first() == '{'; }
    bool is_array() const noexcept { return first() == '['; }

    /// A string with at least one byte in it.
    bool has_text() const noexcept { return !raw_string().empty(); }

    /// A string's content as it stands, escapes kept and quotes off; empty for anything else. Points into the document.
    std::string_view raw_string() const noexcept {
        return is_string() ? text_.substr(1, text_.size() - 2) : std::string_view();
    }

    /// Takes a string's content over into `text`, escapes undone; leaves `text` alone if this is no string or an empty
    /// one.
    void assign_to(std::string& text) const;

    /// A string's content, or a number or boolean as it stands; empty for null, objects and arrays.
    std::string as_text() const;

    /// The value as it stands. Its inside is unchecked.
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
    friend class JsonItems;
    char first() const noexcept { return text_.empty() ? '\0' : text_[0]; }
    /// Its inside is what comes next in the document.
    bool is_open() const noexcept;

    JsonDocument* document_ = nullptr;
    std::string_view text_;  // of an object or an array, the bracket
};

/// What members and elements have in common.
class JsonItems {
public:
    const JsonValue& value() const noexcept { return value_; }

protected:
    JsonItems() = default;
    explicit JsonItems(JsonDocument& document) noexcept;

    /// On to the next item's value, and to its key with it if there is a place for keys.
    bool next(char closing, std::string_view* key) noexcept;

private:
    bool fail() noexcept;

    JsonDocument* document_ = nullptr;  // none: nothing comes
    std::size_t depth_ = 0;
    bool begun_ = false;
    JsonValue value_;
};

/// The members of an object, in order.
class JsonMembers : public JsonItems {
public:
    bool next() noexcept;
    std::string_view key() const noexcept { return key_; }  ///< escapes kept

private:
    friend class JsonValue;
    friend class JsonDocument;
    using JsonItems::JsonItems;

    std::string_view key_;
};

/// The elements of an array, in order.
class JsonElements : public JsonItems {
public:
    bool next() noexcept;

private:
    friend class JsonValue;
    friend class JsonDocument;
    using JsonItems::JsonItems;
};

class JsonDocument {
public:
    /// `text`, an object or array, must outlive the document; anything else is damaged. Bytes that are not UTF-8 do no
    /// damage and stay as they are. Throws std::bad_alloc.
    explicit JsonDocument(std::string_view text);
    ~JsonDocument();
    JsonDocument(const JsonDocument&) = delete;
    JsonDocument& operator=(const JsonDocument&) = delete;

    /// Of the outermost object or array, once. Nothing comes from the other kind.
    JsonMembers members() noexcept;
    JsonElements elements() noexcept;

    /// So far something was found that is not JSON. After a walk to the end without it the text was one whole document.
    bool damaged() const noexcept { return damaged_; }

    /// Where `part`, a view that a value gave, stands in the text.
    std::size_t offset_of(std::string_view part) const noexcept {
        return static_cast<std::size_t>(part.data() - text_);
    }

private:
    friend class JsonValue;
    friend class JsonItems;

    bool enter(char bracket) noexcept;
    void damage() noexcept;
    void leave(const char* behind) noexcept;
    bool leave_inner(std::size_t depth) noexcept;
    /// The closing quote of the string that begins at `at`.
    const char* closing_quote(const char* at) const noexcept {
        return text_ + strings_.closing_quote(static_cast<std::size_t>(at - text_));
    }
    const char* behind_containers(const char* at, std::size_t depth) const noexcept;

    const char* text_;
    const JsonStrings& strings_;
    const char* at_;         // what comes next: before end_ while a container is open
    const char* end_;        // behind the last closing bracket: behind any other byte before it stands one to look at
    std::size_t depth_ = 0;  // containers that are open at at_
    bool damaged_ = false;
};

}  // namespace tokenweir::parsers
