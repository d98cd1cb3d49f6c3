#include "parsers/openai_chat_content.hpp"

#include <string>
#include <vector>

#include "parsers/element_reader.hpp"

namespace tokenweir::parsers::openai_chat {

namespace {

bool is_reasoning(std::string_view key) noexcept {
    return key == "reasoning_content" || key == "reasoning" || key == "thinking" || key == "reasoning_text";
}

/// {"url": …} or the address itself.
ContentText address(const ElementReader& reader, const JsonValue& value) {
    if (value.is_string()) return reader.text(value);
    ContentText found;
    for (auto member = value.members(); member.next();)
        if (member.key() == "url" || member.key() == "data") found = reader.text(member.value());
    return found;
}

/// Of a list of content: {"type":"image_url","image_url":{"url":…}}.
void write_part(const ElementReader& reader, const JsonValue& part, ContentWriter& out) {
    std::string_view type, format, file_id;
    ContentText text, data;
    for (auto member = part.members(); member.next();) {
        const std::string_view key = member.key();
        const JsonValue& value = member.value();
        if (key == "type") {
            type = value.raw_string();
        } else if (key == "text" || key == "refusal" || key == "thinking") {
            text = reader.text(value);
        } else if (key == "image_url" || key == "video_url" || key == "audio_url") {
            data = address(reader, value);
        } else if (key == "input_audio" || key == "file") {
            for (auto inner = value.members(); inner.next();) {
                if (inner.key() == "data" || inner.key() == "file_data") data = reader.text(inner.value());
                if (inner.key() == "format") format = inner.value().raw_string();
                if (inner.key() == "file_id") file_id = inner.value().raw_string();
            }
        }
    }
    if (type == "text" || type == "refusal") return out.text(type, text);
    if (type == "thinking") return out.text("reasoning", text);
    if (type == "input_audio") return out.media("audio", std::string("audio/").append(format), data);
    if (!file_id.empty()) return out.file("document", file_id);
    if (!data.empty())
        return out.media(type == "file" ? modality_of(data_url_type(data.raw)) : type.substr(0, type.find('_')), {},
                         data);
    out.other(type);
}

void write_call(const ElementReader& reader, const JsonValue& call, ContentWriter& out) {
    std::string_view id, name;
    ContentText arguments;
    const auto read_function = [&](JsonMembers member) {
        while (member.next()) {
            if (member.key() == "name") name = member.value().raw_string();
            if (member.key() == "arguments" || member.key() == "input") arguments = reader.text(member.value());
        }
    };
    for (auto member = call.members(); member.next();) {
        if (member.key() == "id") id = member.value().raw_string();
        if (member.key() == "function" || member.key() == "custom") read_function(member.value().members());
        if (member.key() == "name") name = member.value().raw_string();  // a `function_call`
        if (member.key() == "arguments") arguments = reader.text(member.value());
    }
    out.tool_call("tool_call", id, name, arguments);
}

/// Pieces of a choice whose index may come after them: views into the document.
struct Piece {
    OutputContent::Place place{};
    std::string_view raw{};
    bool json = false;
};

class ChoiceReader {
public:
    void read(const JsonValue& choice, std::int64_t position, OutputContent& out) {
        std::int64_t index = position;
        std::string_view reason, role;
        for (auto member = choice.members(); member.next();) {
            if (member.key() == "index") index = member.value().count().value_or(position);
            if (member.key() == "finish_reason") reason = member.value().raw_string();
            if (member.key() == "delta" || member.key() == "message") role = read_message(member.value());
        }
        for (Piece& piece : pieces_) {
            piece.place.choice = index;
            out.add(piece.place, piece.raw, piece.json);
        }
        out.role(index, role);
        out.finish(index, reason);
    }

private:
    /// A whole message and a delta of one have the same members. Returns the role.
    std::string_view read_message(const JsonValue& message) {
        std::string_view role;
        for (auto member = message.members(); member.next();) {
            const std::string_view key = member.key();
            const JsonValue& value = member.value();
            if (key == "role") {
                role = value.raw_string();
            } else if (key == "content") {
                text(PartKind::text, value);
                for (auto part = value.elements(); part.next();) read_part(part.value());
            } else if (is_reasoning(key)) {
                text(PartKind::reasoning, value);
            } else if (key == "refusal") {
                text(PartKind::refusal, value);
            } else if (key == "tool_calls") {
                std::int64_t place = 0;
                if (value.is_object()) read_call(value, 0);
                for (auto call = value.elements(); call.next();) read_call(call.value(), place++);
            } else if (key == "function_call") {
                read_function(value.members(), {.kind = PartKind::tool_call, .index = -1});
            } else if (key == "audio") {
                for (auto part = value.members(); part.next();) {
                    if (part.key() == "data") text(PartKind::audio, part.value());
                    if (part.key() == "transcript") text(PartKind::text, part.value());
                }
            } else if (key == "images") {
                std::int64_t place = 0;
                for (auto image = value.elements(); image.next(); ++place)
                    for (auto part = image.value().members(); part.next();)
                        for (auto inner = part.value().members(); inner.next();)
                            if (inner.key() == "url") text(PartKind::image, inner.value(), place);
            }
        }
        return role;
    }

    /// Mistral's lists: {"type":"thinking","thinking":[{"text"}]}, {"type":"text","text"}.
    void read_part(const JsonValue& part) {
        for (auto member = part.members(); member.next();) {
            if (member.key() == "text") text(PartKind::text, member.value());
            if (member.key() != "thinking") continue;
            text(PartKind::reasoning, member.value());
            for (auto thought = member.value().elements(); thought.next();)
                for (auto inner = thought.value().members(); inner.next();)
                    if (inner.key() == "text") text(PartKind::reasoning, inner.value());
        }
    }

    void read_call(const JsonValue& call, std::int64_t position) {
        OutputContent::Place place{.kind = PartKind::tool_call, .index = position};
        const std::size_t first = pieces_.size();
        pieces_.push_back({});  // a call may say nothing but its id
        for (auto member = call.members(); member.next();) {
            if (member.key() == "index") place.index = member.value().count().value_or(position);
            if (member.key() == "id") place.id = member.value().raw_string();
            if (member.key() == "function" || member.key() == "custom") read_function(member.value().members(), place);
        }
        for (std::size_t i = first; i < pieces_.size(); ++i) {
            place.name = pieces_[i].place.name;
            pieces_[i].place = place;
        }
    }

    void read_function(JsonMembers member, OutputContent::Place place) {
        Piece piece{.place = place};
        while (member.next()) {
            const JsonValue& value = member.value();
            if (member.key() == "name") piece.place.name = value.raw_string();
            if (member.key() != "arguments" && member.key() != "input") continue;
            piece.json = value.is_object();
            piece.raw = piece.json ? value.raw() : value.raw_string();
        }
        if (!piece.place.name.empty() || !piece.raw.empty()) pieces_.push_back(piece);
    }

    void text(PartKind kind, const JsonValue& value, std::int64_t index = 0) {
        if (value.has_text()) pieces_.push_back({.place = {.kind = kind, .index = index}, .raw = value.raw_string()});
    }

    std::vector<Piece> pieces_;
};

}  // namespace

void write_message(const CapturedElement& element, ContentWriter& out, ContentWriter& nested) {
    std::string role, call_id;
    {
        ElementReader reader(element);
        for (auto member = reader.members(); member.next();) {
            if (member.key() == "role") role = member.value().raw_string();
            if (member.key() == "tool_call_id") call_id = member.value().raw_string();
        }
    }
    const bool is_result = role == "tool" || role == "function";
    ElementReader reader(element);
    out.begin_message(role);
    for (auto member = reader.members(); member.next();) {
        const std::string_view key = member.key();
        const JsonValue& value = member.value();
        if (key == "content" && value.is_string()) {
            if (is_result)
                out.tool_response(call_id, reader.text(value));
            else
                out.text("text", reader.text(value));
        } else if (key == "content") {
            for (auto part = value.elements(); part.next();) write_part(reader, part.value(), is_result ? nested : out);
            if (is_result) out.tool_response(call_id, nested.finish());
        } else if (is_reasoning(key) && value.has_text()) {
            out.text("reasoning", reader.text(value));
        } else if (key == "refusal" && value.has_text()) {
            out.text("refusal", reader.text(value));
        } else if (key == "tool_calls") {
            for (auto call = value.elements(); call.next();) write_call(reader, call.value(), out);
        } else if (key == "function_call" && value.is_object()) {
            write_call(reader, value, out);
        } else if (key == "audio") {
            for (auto part = value.members(); part.next();)
                if (part.key() == "id") out.file("audio", part.value().raw_string());
        }
    }
    out.end_message();
}

void write_tool(const CapturedElement& element, ContentWriter& out) {
    ElementReader reader(element);
    std::string_view type, name;
    for (auto member = reader.members(); member.next();) {
        if (member.key() == "type") type = member.value().raw_string();
        if (member.key() == "name") name = member.value().raw_string();
        if (member.key() != "function" && member.key() != "custom") continue;
        for (auto inner = member.value().members(); inner.next();)
            if (inner.key() == "name") name = inner.value().raw_string();
    }
    out.tool_definition(type, name, {.raw = element.json, .json = true});
}

void read_output(std::string_view json, OutputContent& out) {
    if (json.empty() || json.starts_with("[DONE]")) return;
    JsonDocument document(json);
    for (auto member = document.members(); member.next();) {
        if (member.key() != "choices") continue;
        std::int64_t position = 0;
        for (auto choice = member.value().elements(); choice.next();)
            ChoiceReader().read(choice.value(), position++, out);
    }
}

}  // namespace tokenweir::parsers::openai_chat
