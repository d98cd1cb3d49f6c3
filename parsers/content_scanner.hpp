/// Takes from a JSON request body, while it passes, what was said in it: the elements of a few lists. Long strings in
/// them are cut, so that a prompt of many megabytes leaves a few kilobytes.
#pragma once

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/captured_text.hpp"

namespace tokenweir::parsers {

struct CaptureLimits {
    std::size_t text_bytes = 0;  ///< of one string
    std::size_t bytes = 0;       ///< of one member
};

/// One element of a list, or one value that is no list: JSON without white space.
struct CapturedElement {
    std::string json;
    std::vector<std::pair<std::size_t, CapturedText>> cut;  ///< the strings of which more came, by where their text
                                                            ///< stands in `json`, ascending
    /// What is known of the string whose text stands at `offset`; nullptr: it is whole.
    const CapturedText* cut_at(std::size_t offset) const noexcept;
};

struct CapturedMember {
    std::string_view name;
    std::deque<CapturedElement> elements;  ///< the last ones that fit
    std::size_t bytes = 0;                 ///< of their JSON
    std::size_t omitted = 0;               ///< elements before them, and elements too large
};

class ContentScanner {
public:
    /// `names`: the top-level members that are wanted. All references outlive the scanner.
    ContentScanner(std::span<const std::string_view> names, const CaptureLimits& limits, const KeyedHash& hash)
        : names_(names), limits_(limits), hash_(hash) {}

    /// Linear in the bytes. Takes what is no JSON for what it looks like.
    void feed(std::string_view piece);

    /// nullptr: not seen. Of two of one name the last one counts.
    const CapturedMember* find(std::string_view name) const noexcept;

private:
    void string_bytes(std::string_view raw);
    void begin_string();
    void end_string();
    void structural(char c);
    void choose_member();
    void begin_element();
    void end_element();
    void append(std::string_view json);

    std::span<const std::string_view> names_;
    const CaptureLimits limits_;
    const KeyedHash& hash_;
    std::deque<CapturedMember> members_;
    CapturedMember* member_ = nullptr;  // whose value this is
    CapturedElement element_;
    CapturedText text_;
    std::string key_;
    int depth_ = 0;
    bool in_list_ = false;  // elements stand at depth 2
    bool in_element_ = false, too_large_ = false;
    bool in_string_ = false, escaped_ = false;
    bool key_next_ = false, in_key_ = false;
    bool ended_ = false;
};

}  // namespace tokenweir::parsers
