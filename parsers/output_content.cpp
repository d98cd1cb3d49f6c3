#include "parsers/output_content.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tokenweir::parsers {

namespace {

constexpr std::size_t max_word_bytes = 256;  // raw, of a role, an id, a name or a reason

std::string word(std::string_view raw) { return std::string(raw.size() <= max_word_bytes ? raw : std::string_view()); }

}  // namespace

OutputContent::Message& OutputContent::message(std::int64_t choice) {
    const auto at = std::ranges::lower_bound(messages_, choice, {}, &Message::choice);
    if (at != messages_.end() && at->choice == choice) return *at;
    if (messages_.size() >= max_messages) return messages_.back();
    return *messages_.insert(at, Message{.choice = choice});
}

void OutputContent::add(const Place& place, std::string_view raw, bool json) {
    std::vector<Part>& parts = message(place.choice).parts;
    const auto goes_on = [&](const Part& part) {
        return part.kind == place.kind && part.index == place.index && (place.id.empty() || part.id == place.id);
    };
    auto part = std::ranges::find_if(parts.rbegin(), parts.rend(), goes_on);
    if (part == parts.rend()) {
        if (parts_ == max_parts) {
            ++omitted_;
            return;
        }
        ++parts_;
        parts.push_back({.kind = place.kind, .index = place.index, .id = word(place.id)});
        part = parts.rbegin();
    }
    if (part->name.empty()) part->name = word(place.name);
    if (raw.empty()) return;
    part->json = json;
    const std::size_t room = limits_.bytes - std::min(limits_.bytes, bytes_);
    const std::size_t max_kept = std::min(limits_.text_bytes, part->kept + room);
    part->text.add(raw, max_kept, hash_);
    const std::size_t kept = std::min(part->kept + raw.size(), max_kept);
    bytes_ += kept - part->kept;
    part->kept = kept;
}

bool OutputContent::has(std::int64_t choice, PartKind kind, std::int64_t index) const noexcept {
    const auto found = std::ranges::find(messages_, choice, &Message::choice);
    return found != messages_.end() && std::ranges::any_of(found->parts, [&](const Part& part) {
               return part.kind == kind && part.index == index;
           });
}

void OutputContent::role(std::int64_t choice, std::string_view raw) {
    if (!raw.empty()) message(choice).role = word(raw);
}

void OutputContent::finish(std::int64_t choice, std::string_view reason) {
    if (!reason.empty()) message(choice).finish_reason = word(reason);
}

void OutputContent::write(ContentWriter& out) const {
    for (const Message& message : messages_) {
        out.begin_message(message.role.empty() ? "assistant" : message.role);
        for (const Part& part : message.parts) {
            const ContentText text{.raw = part.text.kept(),
                                   .cut = part.text.whole() ? nullptr : &part.text,
                                   .json = part.json && part.text.whole()};
            switch (part.kind) {
                case PartKind::text: out.text("text", text); break;
                case PartKind::reasoning: out.text("reasoning", text); break;
                case PartKind::refusal: out.text("refusal", text); break;
                case PartKind::tool_call: out.tool_call("tool_call", part.id, part.name, text); break;
                case PartKind::server_tool_call: out.tool_call("server_tool_call", part.id, part.name, text); break;
                case PartKind::image: out.media("image", {}, text); break;
                case PartKind::audio: out.media("audio", {}, text); break;
                case PartKind::other: out.other(part.name); break;
            }
        }
        // The conventions want one; a message that has none did not come to its end.
        out.end_message(message.finish_reason.empty() ? "error" : common_finish_reason(message.finish_reason));
    }
}

std::string_view common_finish_reason(std::string_view reason) noexcept {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 7> words{{{"tool_calls", "tool_call"},
                                                                                  {"function_call", "tool_call"},
                                                                                  {"tool_use", "tool_call"},
                                                                                  {"end_turn", "stop"},
                                                                                  {"stop_sequence", "stop"},
                                                                                  {"max_tokens", "length"},
                                                                                  {"refusal", "content_filter"}}};
    const auto known = std::ranges::find(words, reason, [](const auto& pair) { return pair.first; });
    return known == words.end() ? reason : known->second;
}

}  // namespace tokenweir::parsers
