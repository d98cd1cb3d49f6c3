#include "parsers/json_document.hpp"

#include <simdjson.h>

#include <bit>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>

#include "parsers/json_text.hpp"

namespace tokenweir::parsers {

namespace {

namespace ondemand = simdjson::ondemand;
using Handle = std::array<std::uintptr_t, 3>;

// The handles in the header have room for exactly what simdjson moves through a document with.
static_assert(sizeof(ondemand::value) == sizeof(Handle) && std::is_trivially_copyable_v<ondemand::value>);
static_assert(sizeof(ondemand::object_iterator) == sizeof(Handle));
static_assert(sizeof(ondemand::array_iterator) == sizeof(Handle));

/// What a thread keeps between documents, and gives back after a large one.
struct Workspace {
    static constexpr std::size_t kept_bytes = std::size_t{256} << 10;

    std::unique_ptr<char[]> text;  // padded
    std::size_t capacity = 0;      // of the text, padding excluded
    std::size_t size = 0;
    ondemand::parser parser;
    ondemand::document document;
    bool in_use = false;
    bool damaged = false;

    void load(std::string_view source) {
        if (!text || source.size() > capacity) {
            const std::size_t wanted = std::bit_ceil(source.size() < 1024 ? 1024 : source.size());
            capacity = 0;
            text.reset(new char[wanted + simdjson::SIMDJSON_PADDING]);
            capacity = wanted;
        }
        if (!source.empty()) std::memcpy(text.get(), source.data(), source.size());
        std::memset(text.get() + source.size(), 0, simdjson::SIMDJSON_PADDING);
        size = source.size();
    }

    simdjson::error_code iterate() {
        return parser.iterate(text.get(), size, capacity + simdjson::SIMDJSON_PADDING).get(document);
    }

    void trim() {
        if (capacity <= kept_bytes) return;
        document = {};
        parser = ondemand::parser();
        text.reset();
        capacity = 0;
    }
};

Workspace& workspace() {
    static thread_local Workspace instance;
    return instance;
}

template <class Found>
bool fine(const Found& found) noexcept {
    if (!found.error()) return true;
    workspace().damaged = true;
    return false;
}

/// A key runs up to its closing quote; the index guarantees one, and the padding eight bytes behind it.
std::string_view raw_key(const ondemand::field& field) noexcept {
    const char* const begin = field.key().raw();
    const char* end = begin;
    while (*(end = skip_to_special(end, end + sizeof(std::uint64_t))) != '"') end += *end == '\\' ? 2 : 1;
    return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

std::string_view JsonValue::scalar() const noexcept {
    std::string_view text = token_;
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
    return text;
}

std::string_view JsonValue::raw_string() const noexcept {
    if (!is_string()) return {};
    const std::string_view quoted = scalar();
    return quoted.size() < 2 ? std::string_view{} : quoted.substr(1, quoted.size() - 2);
}

void JsonValue::assign_to(std::string& text) const {
    if (!has_text()) return;
    if (auto unescaped = unescape_json(raw_string())) text = std::move(*unescaped);
}

std::string JsonValue::as_text() const {
    std::string text;
    if (is_string())
        assign_to(text);
    else if (!is_null() && !is_object() && !is_array())
        text = scalar();
    return text;
}

std::string_view JsonValue::raw() const noexcept {
    const auto all_of = [](auto container) {
        if (!fine(container)) return std::string_view();
        const auto text = container.value_unsafe().raw_json();
        return fine(text) ? text.value_unsafe() : std::string_view();
    };
    if (is_object()) return all_of(std::bit_cast<ondemand::value>(at_).get_object());
    if (is_array()) return all_of(std::bit_cast<ondemand::value>(at_).get_array());
    return scalar();
}

std::optional<double> JsonValue::number() const noexcept {
    const std::string_view text = scalar();
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

std::optional<std::int64_t> JsonValue::count() const noexcept {
    const std::string_view text = scalar();
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        const auto real = number();
        if (!real || *real < 0 || *real > static_cast<double>(max_count)) return std::nullopt;
        value = std::llround(*real);
    }
    if (value < 0 || value > max_count) return std::nullopt;
    return value;
}

JsonMembers JsonValue::members() const noexcept {
    JsonMembers members;
    if (!is_object()) return members;
    auto object = std::bit_cast<ondemand::value>(at_).get_object();
    if (!fine(object)) return members;
    members.at_ = std::bit_cast<Handle>(object.begin().value_unsafe());
    members.open_ = true;
    return members;
}

JsonElements JsonValue::elements() const noexcept {
    JsonElements elements;
    if (!is_array()) return elements;
    auto array = std::bit_cast<ondemand::value>(at_).get_array();
    if (!fine(array)) return elements;
    elements.at_ = std::bit_cast<Handle>(array.begin().value_unsafe());
    elements.open_ = true;
    return elements;
}

bool JsonMembers::next() noexcept {
    if (!open_ || workspace().damaged) return false;
    auto at = std::bit_cast<ondemand::object_iterator>(at_);
    if (started_) ++at;
    started_ = true;
    open_ = at != ondemand::object_iterator();
    if (!open_) return false;
    auto field = *at;
    open_ = fine(field);
    if (!open_) return false;
    key_ = raw_key(field.value_unsafe());
    value_.at_ = std::bit_cast<Handle>(field.value_unsafe().value());
    value_.token_ = field.value_unsafe().value().raw_json_token();
    return true;
}

bool JsonElements::next() noexcept {
    if (!open_ || workspace().damaged) return false;
    auto at = std::bit_cast<ondemand::array_iterator>(at_);
    if (started_) ++at;
    started_ = true;
    open_ = at != ondemand::array_iterator();
    if (!open_) return false;
    auto value = *at;
    open_ = fine(value);
    if (!open_) return false;
    value_.at_ = std::bit_cast<Handle>(value.value_unsafe());
    value_.token_ = value.value_unsafe().raw_json_token();
    return true;
}

JsonDocument::JsonDocument(std::string_view text) {
    Workspace& ours = workspace();
    assert(!ours.in_use && "one document at a time per thread");
    ours.load(text);
    auto error = ours.iterate();
    if (error == simdjson::UTF8_ERROR) {
        // A token's text may be cut inside a character. Of text only emptiness matters here.
        for (std::size_t i = 0; i < ours.size; ++i)
            if (static_cast<unsigned char>(ours.text[i]) >= 0x80) ours.text[i] = '?';
        error = ours.iterate();
    }
    if (error == simdjson::MEMALLOC) throw std::bad_alloc();
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos) first_ = text[first];
    ours.damaged = error != simdjson::SUCCESS || (first_ != '{' && first_ != '[');
    ours.in_use = true;
}

JsonDocument::~JsonDocument() {
    workspace().in_use = false;
    workspace().trim();
}

JsonMembers JsonDocument::members() noexcept {
    JsonMembers members;
    if (damaged() || first_ != '{') return members;
    auto object = workspace().document.get_object();
    if (!fine(object)) return members;
    members.at_ = std::bit_cast<Handle>(object.begin().value_unsafe());
    members.open_ = true;
    return members;
}

JsonElements JsonDocument::elements() noexcept {
    JsonElements elements;
    if (damaged() || first_ != '[') return elements;
    auto array = workspace().document.get_array();
    if (!fine(array)) return elements;
    elements.at_ = std::bit_cast<Handle>(array.begin().value_unsafe());
    elements.open_ = true;
    return elements;
}

bool JsonDocument::damaged() const noexcept { return workspace().damaged; }

std::size_t JsonDocument::offset_of(std::string_view part) const noexcept {
    return static_cast<std::size_t>(part.data() - workspace().text.get());
}

}  // namespace tokenweir::parsers
