#include "parsers/anthropic_content.hpp"

#include <optional>
#include <string>

#include "parsers/element_reader.hpp"

namespace tokenweir::parsers::anthropic {

namespace {

bool is_server_tool(std::string_view type) noexcept { return type == "server_tool_use" || type == "mcp_tool_use"; }

/// {"type":"base64","media_type":…,"data":…}, or text, a URL or a file.
struct Source {
    std::string_view type{}, media_type{}, file_id{};
    ContentText data{};
};

Source read_source(const ElementReader& reader, JsonMembers member) {
    Source source;
    while (member.next()) {
        if (member.key() == "type") source.type = member.value().raw_string();
        if (member.key() == "media_type") source.media_type = member.value().raw_string();
        if (member.key() == "file_id") source.file_id = member.value().raw_string();
        if (member.key() == "data" || member.key() == "url") source.data = reader.text(member.value());
    }
    return source;
}

void write_source(std::string_view modality, const Source& source, ContentWriter& out) {
    if (!source.file_id.empty())
        out.file(modality, source.file_id);
    else if (source.type == "text")
        out.text("text", source.data);
    else
        out.media(modality, source.media_type, source.data);
}

/// `nested` is none inside the answer of a tool.
void write_block(const ElementReader& reader, const JsonValue& block, ContentWriter& out,  // NOLINT(misc-no-recursion)
                 ContentWriter* nested) {
    std::string_view type, id, name;
    ContentText text, input;
    std::optional<ContentText> answer;
    std::optional<Source> source;
    std::string parts;
    for (auto member = block.members(); member.next();) {
        const std::string_view key = member.key();
        const JsonValue& value = member.value();
        if (key == "type") {
            type = value.raw_string();
        } else if (key == "text" || key == "thinking") {
            text = reader.text(value);
        } else if (key == "id" || key == "tool_use_id") {
            id = value.raw_string();
        } else if (key == "name") {
            name = value.raw_string();
        } else if (key == "input") {
            input = reader.text(value);
        } else if (key == "source") {
            source = read_source(reader, value.members());
        } else if (key == "content" && value.is_string()) {
            answer = reader.text(value);
        } else if (key == "content" && nested != nullptr) {
            for (auto inner = value.elements(); inner.next();) write_block(reader, inner.value(), *nested, nullptr);
            parts = nested->finish();
        }
    }
    if (type == "text") return out.text("text", text);
    if (type == "thinking") return out.text("reasoning", text);
    if (type == "tool_use") return out.tool_call("tool_call", id, name, input);
    if (is_server_tool(type)) return out.tool_call("server_tool_call", id, name, input);
    if (type == "tool_result") return answer ? out.tool_response(id, *answer) : out.tool_response(id, parts);
    if (source) return write_source(type == "image" ? type : "document", *source, out);
    out.other(type);
}

PartKind kind_of(std::string_view type) noexcept {
    if (type == "text") return PartKind::text;
    if (type == "thinking") return PartKind::reasoning;
    if (type == "tool_use") return PartKind::tool_call;
    return is_server_tool(type) ? PartKind::server_tool_call : PartKind::other;
}

/// A block as it begins, or whole: views into its document.
struct Block {
    std::string_view type{}, id{}, name{}, text{}, input{};
};

Block read_block(JsonMembers member) {
    Block block;
    while (member.next()) {
        const std::string_view key = member.key();
        const JsonValue& value = member.value();
        if (key == "type") block.type = value.raw_string();
        if (key == "id") block.id = value.raw_string();
        if (key == "name") block.name = value.raw_string();
        if (key == "text" || key == "thinking") block.text = value.raw_string();
        if (key == "input" && value.is_object()) block.input = value.raw();
    }
    if (block.input.starts_with("{}")) block.input = {};  // its deltas follow
    return block;
}

void add_block(const Block& block, std::int64_t index, OutputContent& out) {
    const PartKind kind = kind_of(block.type);
    OutputContent::Place place{.kind = kind, .index = index};
    if (kind == PartKind::other) {
        place.name = block.type;
        return out.add(place, {});
    }
    if (kind == PartKind::text || kind == PartKind::reasoning) return out.add(place, block.text);
    place.id = block.id;
    place.name = block.name;
    out.add(place, block.input, true);
}

struct Delta {
    std::string_view text, thinking, arguments, stop_reason;
};

Delta read_delta(JsonMembers member) {
    Delta delta;
    while (member.next()) {
        const std::string_view raw = member.value().raw_string();
        if (member.key() == "text") delta.text = raw;
        if (member.key() == "thinking") delta.thinking = raw;
        if (member.key() == "partial_json") delta.arguments = raw;
        if (member.key() == "stop_reason") delta.stop_reason = raw;
    }
    return delta;
}

/// A member of a message.
void read_member(std::string_view key, const JsonValue& value, OutputContent& out) {
    if (key == "role") out.role(0, value.raw_string());
    if (key == "stop_reason") out.finish(0, value.raw_string());
    if (key != "content") return;
    std::int64_t index = 0;
    for (auto block = value.elements(); block.next();) add_block(read_block(block.value().members()), index++, out);
}

void add_delta(const Delta& delta, std::int64_t index, OutputContent& out) {
    const auto add = [&](PartKind kind, std::string_view raw) {
        if (!raw.empty()) out.add({.kind = kind, .index = index}, raw);
    };
    add(PartKind::text, delta.text);
    add(PartKind::reasoning, delta.thinking);
    const bool is_server = out.has(0, PartKind::server_tool_call, index);
    add(is_server ? PartKind::server_tool_call : PartKind::tool_call, delta.arguments);
    out.finish(0, delta.stop_reason);
}

}  // namespace

void write_instruction(const CapturedElement& element, ContentWriter& out) {
    if (const ContentText text = string_element(element); !text.raw.empty()) return out.text("text", text);
    ElementReader reader(element);
    std::string_view type;
    ContentText text;
    for (auto member = reader.members(); member.next();) {
        if (member.key() == "type") type = member.value().raw_string();
        if (member.key() == "text") text = reader.text(member.value());
    }
    if (type == "text") out.text("text", text);
}

void write_message(const CapturedElement& element, ContentWriter& out, ContentWriter& nested) {
    std::string role;
    {
        ElementReader reader(element);
        for (auto member = reader.members(); member.next();)
            if (member.key() == "role") role = member.value().raw_string();
    }
    ElementReader reader(element);
    out.begin_message(role);
    for (auto member = reader.members(); member.next();) {
        if (member.key() != "content") continue;
        if (member.value().is_string()) out.text("text", reader.text(member.value()));
        for (auto block = member.value().elements(); block.next();) write_block(reader, block.value(), out, &nested);
    }
    out.end_message();
}

void write_tool(const CapturedElement& element, ContentWriter& out) {
    ElementReader reader(element);
    std::string_view type, name;
    for (auto member = reader.members(); member.next();) {
        if (member.key() == "type") type = member.value().raw_string();
        if (member.key() == "name") name = member.value().raw_string();
    }
    out.tool_definition(type == "custom" ? "" : type, name, {.raw = element.json, .json = true});
}

void read_output(std::string_view json, OutputContent& out) {
    if (json.empty() || json.starts_with("[DONE]")) return;
    std::int64_t index = 0;
    std::optional<Delta> delta;
    std::optional<Block> block;
    JsonDocument document(json);
    for (auto member = document.members(); member.next();) {
        const std::string_view key = member.key();
        const JsonValue& value = member.value();
        if (key == "index")
            index = value.count().value_or(0);
        else if (key == "delta")
            delta = read_delta(value.members());
        else if (key == "content_block")
            block = read_block(value.members());
        else if (key == "message")
            for (auto inner = value.members(); inner.next();) read_member(inner.key(), inner.value(), out);
        else
            read_member(key, value, out);
    }
    if (block) add_block(*block, index, out);
    if (delta) add_delta(*delta, index, out);
}

}  // namespace tokenweir::parsers::anthropic
