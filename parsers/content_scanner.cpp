#include "parsers/content_scanner.hpp"

#include <algorithm>

#include "parsers/json_text.hpp"

namespace tokenweir::parsers {

namespace {

constexpr std::size_t max_key_bytes = 64;

/// The first byte of [at, end) that is a quote or a backslash.
const char* find_special(const char* at, const char* end) noexcept {
    while ((at = skip_to_special(at, end)) != end && *at != '"' && *at != '\\') ++at;
    return at;
}

}  // namespace

const CapturedText* CapturedElement::cut_at(std::size_t offset) const noexcept {
    const auto found = std::ranges::lower_bound(cut, offset, {}, [](const auto& entry) { return entry.first; });
    return found != cut.end() && found->first == offset ? &found->second : nullptr;
}

void ContentScanner::feed(std::string_view piece) {
    const char* at = piece.data();
    const char* const end = at + piece.size();
    while (at != end && !ended_) {
        if (!in_string_) {
            structural(*at++);
            continue;
        }
        if (std::exchange(escaped_, false)) {
            string_bytes({at++, 1});
            continue;
        }
        const char* const stop = find_special(at, end);
        string_bytes({at, static_cast<std::size_t>(stop - at)});
        at = stop;
        if (at == end) break;
        if (*at++ == '"')
            end_string();
        else
            escaped_ = true, string_bytes("\\");
    }
}

const CapturedMember* ContentScanner::find(std::string_view name) const noexcept {
    const auto found = std::ranges::find(members_, name, &CapturedMember::name);
    return found == members_.end() ? nullptr : &*found;
}

void ContentScanner::string_bytes(std::string_view raw) {
    if (in_key_) {
        if (key_.size() <= max_key_bytes) key_ += raw.substr(0, max_key_bytes + 1);
    } else if (in_element_ && !too_large_) {
        text_.add(raw, limits_.text_bytes, hash_);
    }
}

void ContentScanner::begin_string() {
    in_string_ = true;
    in_key_ = depth_ == 1 && key_next_;
    if (in_key_)
        key_.clear();
    else
        begin_element();
    text_ = {};
}

void ContentScanner::end_string() {
    in_string_ = false;
    if (in_key_) {
        in_key_ = key_next_ = false;
        return;
    }
    append("\"");
    const std::size_t offset = element_.json.size();
    append(text_.kept());
    append("\"");
    if (text_.whole() || !in_element_ || too_large_) return;
    text_.take_kept();
    element_.cut.emplace_back(offset, std::move(text_));
}

void ContentScanner::structural(char c) {
    switch (c) {
        case ' ':
        case '\t':
        case '\r':
        case '\n': return;
        case '"': return begin_string();
        case ':':
            if (depth_ == 1) return choose_member();
            break;
        case ',':
            if (depth_ == 1) {
                end_element();
                member_ = nullptr;
                key_next_ = true;
                return;
            }
            if (in_list_ && depth_ == 2) return end_element();
            break;
        case '{':
        case '[':
            if (depth_++ == 0) {
                key_next_ = true;
                ended_ = c == '[';
                return;
            }
            if (depth_ == 2 && c == '[' && member_ != nullptr) {
                in_list_ = true;
                return;
            }
            begin_element();
            break;
        case '}':
        case ']':
            if (in_list_ && depth_ == 2) end_element();
            if (--depth_ > (in_list_ ? 1 : 0)) break;
            if (std::exchange(in_list_, false)) return;
            end_element();
            ended_ = true;
            return;
        default: begin_element(); break;
    }
    append({&c, 1});
}

void ContentScanner::choose_member() {
    member_ = nullptr;
    in_element_ = false;  // no JSON has a colon behind a value
    const auto name = std::ranges::find(names_, std::exchange(key_, {}));
    if (name == names_.end()) return;
    std::erase_if(members_, [&](const CapturedMember& known) { return known.name == *name; });
    member_ = &members_.emplace_back();
    member_->name = *name;
}

void ContentScanner::begin_element() {
    if (in_element_ || member_ == nullptr) return;
    in_element_ = true;
    too_large_ = false;
    element_ = {};
}

void ContentScanner::end_element() {
    if (!std::exchange(in_element_, false)) return;
    if (too_large_) {
        ++member_->omitted;
        return;
    }
    member_->bytes += element_.json.size();
    member_->elements.push_back(std::move(element_));
    for (; member_->bytes > limits_.bytes; ++member_->omitted) {
        member_->bytes -= member_->elements.front().json.size();
        member_->elements.pop_front();
    }
}

void ContentScanner::append(std::string_view json) {
    if (!in_element_ || too_large_) return;
    too_large_ = element_.json.size() + json.size() > limits_.bytes;
    if (too_large_)
        element_ = {};
    else
        element_.json += json;
}

}  // namespace tokenweir::parsers
