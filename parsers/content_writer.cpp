#include "parsers/content_writer.hpp"

#include <algorithm>
#include <utility>

#include "observation/json_string.hpp"
#include "observation/utf8.hpp"
#include "parsers/json_text.hpp"

namespace tokenweir::parsers {

namespace {

constexpr std::size_t max_word_bytes = 256;

/// A raw JSON string's text. Of one with a damaged escape nothing is known.
std::string unescaped(std::string_view raw) { return unescape_json(raw).value_or(std::string(replacement_character)); }

}  // namespace

std::string ContentWriter::finish() {
    if (out_.empty()) return {};
    comma_ = false;
    return '[' + std::exchange(out_, {}) + ']';
}

void ContentWriter::open(char bracket) {
    if (comma_) out_ += ',';
    out_ += bracket;
    comma_ = false;
}

void ContentWriter::key(std::string_view name) {
    if (comma_) out_ += ',';
    out_.append(1, '"').append(name).append("\":");
    comma_ = true;
}

void ContentWriter::member(std::string_view name, std::string_view raw_word) {
    if (raw_word.empty()) return;
    key(name);
    append_json_string(out_, utf8_prefix(unescaped(raw_word), max_word_bytes));
}

void ContentWriter::begin_message(std::string_view role) {
    open('{');
    key("role");
    append_json_string(out_, utf8_prefix(unescaped(role.empty() ? "unknown" : role), max_word_bytes));
    key("parts");
    out_ += '[';
    comma_ = false;
}

void ContentWriter::end_message(std::string_view finish_reason) {
    out_ += ']';
    comma_ = true;
    member("finish_reason", finish_reason);
    out_ += '}';
}

void ContentWriter::begin_part(std::string_view type) {
    open('{');
    member("type", type);
}

/// What stands for a text that is not there: how much it is, and whether it is the same as another.
void ContentWriter::figures(const ContentText& text) {
    key("size");
    out_ += std::to_string(text.bytes());
    if (!hash_) return;
    key("hash");
    append_json_string(out_, text.cut != nullptr ? text.cut->hash(hash_) : hash_(text.raw));
}

std::string ContentWriter::filtered(std::string_view text, std::size_t max_bytes) {
    Redaction::Result result = options_.redaction.apply(text, max_bytes);
    tally_.redactions += static_cast<std::int64_t>(result.count);
    return std::move(result.text);
}

void ContentWriter::content(std::string_view name, const ContentText& text) {
    if (capture_ != ContentCapture::full) return figures(text);
    const std::string plain = text.json ? std::string(text.raw) : unescaped(text.raw);
    std::size_t max_bytes = options_.max_part_bytes;
    // What the margin holds is there to be searched, not to be shown.
    if (text.cut != nullptr) max_bytes = std::min(max_bytes, plain.size() - std::min(plain.size(), redaction_margin));
    key(name);
    append_json_string(out_, filtered(plain, max_bytes));
    if (text.cut == nullptr && plain.size() <= max_bytes) return;
    tally_.cut = true;
    key("truncated");
    out_ += "true";
    figures(text);
}

/// JSON as such, if it is; else the text that it is.
void ContentWriter::value(std::string_view name, const ContentText& text) {
    if (capture_ != ContentCapture::full) return figures(text);
    const std::string plain = text.json ? std::string(text.raw) : unescaped(text.raw);
    const Tally before = tally_;
    std::string copy;
    const auto filter = [this](std::string_view inner) { return filtered(inner, std::string_view::npos); };
    if (text.cut == nullptr && plain.size() <= options_.max_part_bytes && copy_json(plain, copy, filter)) {
        key(name);
        out_ += copy;
        if (!text.shortened) return;
        tally_.cut = true;
        key("truncated");
        out_ += "true";
        return;
    }
    tally_ = before;
    content(name, text);
}

void ContentWriter::text(std::string_view type, const ContentText& text) {
    begin_part(type);
    content("content", text);
    out_ += '}';
    comma_ = true;
}

void ContentWriter::media(std::string_view modality, std::string_view mime_type, const ContentText& data_or_url) {
    CapturedText whole;
    const CapturedText* text = data_or_url.cut;
    if (text == nullptr) {
        whole.add(data_or_url.raw, data_or_url.raw.size(), hash_);
        text = &whole;
    }
    const std::string_view inline_type = data_url_type(data_or_url.raw);
    const bool is_url = inline_type.empty() && data_or_url.raw.find("://") != std::string_view::npos;
    begin_part(is_url ? "uri" : "blob");
    member("modality", modality);
    member("mime_type", mime_type.empty() ? inline_type : mime_type);
    if (is_url) {
        content("uri", data_or_url);
    } else if (const auto payload = text->payload()) {
        key("size");
        out_ += std::to_string(payload->bytes);
        member("sha256", payload->sha256);
    } else {
        figures(data_or_url);
    }
    out_ += '}';
    comma_ = true;
}

void ContentWriter::file(std::string_view modality, std::string_view id) {
    begin_part("file");
    member("modality", modality);
    member("file_id", id);
    out_ += '}';
    comma_ = true;
}

void ContentWriter::tool_call(std::string_view type, std::string_view id, std::string_view name,
                              const ContentText& arguments) {
    begin_part(type);
    member("id", id);
    member("name", name);
    if (type == "server_tool_call") {
        key("server_tool_call");
        out_ += '{';
        comma_ = false;
        member("type", name);
    }
    if (!arguments.empty()) value("arguments", arguments);
    out_ += type == "server_tool_call" ? "}}" : "}";
    comma_ = true;
}

void ContentWriter::tool_response(std::string_view id, const ContentText& response) {
    begin_part("tool_call_response");
    member("id", id);
    if (response.json)
        value("response", response);
    else
        content("response", response);
    out_ += '}';
    comma_ = true;
}

void ContentWriter::tool_response(std::string_view id, const std::string& parts) {
    begin_part("tool_call_response");
    member("id", id);
    key("response");
    out_ += parts.empty() ? "[]" : parts;
    out_ += '}';
    comma_ = true;
}

void ContentWriter::tool_definition(std::string_view type, std::string_view name, const ContentText& definition) {
    begin_part(type.empty() ? "function" : type);
    member("name", name);
    figures(definition);
    out_ += '}';
    comma_ = true;
}

void ContentWriter::other(std::string_view type) {
    begin_part(type.empty() ? "unknown" : type);
    out_ += '}';
    comma_ = true;
}

std::string_view modality_of(std::string_view mime_type) noexcept {
    for (const std::string_view known : {"image", "audio", "video"})
        if (mime_type.starts_with(known)) return known;
    return "document";
}

}  // namespace tokenweir::parsers
