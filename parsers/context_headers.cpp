#include "parsers/context_headers.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tokenweir::parsers {

namespace {

/// Lower case, '-' for '_'.
constexpr std::array<char, 256> make_folds() noexcept {
    std::array<char, 256> folds{};
    for (std::size_t i = 0; i < folds.size(); ++i) {
        const char c = static_cast<char>(i);
        folds[i] = c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    }
    return folds;
}

constexpr std::array<char, 256> folds = make_folds();

constexpr char fold(char c) noexcept { return folds[static_cast<unsigned char>(c)]; }

/// `folded` is folded already.
bool begins_with(std::string_view name, std::string_view folded) noexcept {
    if (name.size() < folded.size()) return false;
    for (std::size_t i = 0; i < folded.size(); ++i)
        if (fold(name[i]) != folded[i]) return false;
    return true;
}

/// Of the length and three characters: enough to keep names apart that are told apart anyway.
std::size_t hash(std::string_view name) noexcept {
    const auto at = [name](std::size_t i) {
        return static_cast<std::size_t>(static_cast<unsigned char>(fold(name[i])));
    };
    return name.size() * 37 + at(0) * 3 + at(name.size() / 2) * 23 + at(name.size() - 1) * 11;
}

struct Known {
    std::string_view name;
    HeaderMeaning meaning;
};

/// In order of preference: what somebody sets on purpose comes before what a client sends by itself.
constexpr std::array known_headers{
    Known{"helicone-session-id", HeaderMeaning::conversation},
    Known{"langfuse-session-id", HeaderMeaning::conversation},
    Known{"x-litellm-session-id", HeaderMeaning::conversation},
    Known{"x-claude-code-session-id", HeaderMeaning::conversation},
    Known{"session-id", HeaderMeaning::conversation},           // Codex
    Known{"x-opencode-session", HeaderMeaning::conversation},   //
    Known{"x-kilocode-taskid", HeaderMeaning::conversation},    //
    Known{"x-openwebui-chat-id", HeaderMeaning::conversation},  //
    Known{"agent-session-id", HeaderMeaning::conversation},     // Envoy AI Gateway
    Known{"x-grok-conv-id", HeaderMeaning::conversation},       // xAI
    Known{"conversation-id", HeaderMeaning::conversation},      // Codex, older
    Known{"x-conversation-id", HeaderMeaning::conversation},    //
    Known{"x-session-id", HeaderMeaning::conversation},         // opencode, OpenRouter
    Known{"x-session-affinity", HeaderMeaning::conversation},   // opencode
    Known{"thread-id", HeaderMeaning::conversation},            // Codex
    Known{"x-codex-turn-metadata", HeaderMeaning::codex_turn},
    Known{"baggage", HeaderMeaning::baggage},
    Known{"x-stainless-retry-count", HeaderMeaning::retry_count},  // OpenAI, Anthropic, Groq, Together and others
    Known{"amz-sdk-request", HeaderMeaning::attempt},              // AWS
    Known{"x-stainless-timeout", HeaderMeaning::timeout},
    Known{"x-stainless-read-timeout", HeaderMeaning::timeout},
    Known{"x-server-timeout", HeaderMeaning::timeout},  // Google
    Known{"grpc-timeout", HeaderMeaning::grpc_timeout},
};

}  // namespace

bool same_header(std::string_view a, std::string_view b) noexcept { return std::ranges::equal(a, b, {}, fold, fold); }

ContextHeaders::ContextHeaders()
    : conversation_{"x-tokenweir-conversation"},
      user_{"x-tokenweir-user", "helicone-user-id", "x-litellm-end-user-id", "x-litellm-customer-id",
            "x-openwebui-user-id"},
      tags_{"x-tokenweir-tag-*",  "helicone-property-*", "helicone-session-name", "helicone-session-path",
            "x-portkey-metadata", "x-portkey-trace-id",  "x-litellm-tags",        "cf-aig-metadata"} {
    build();
}

void ContextHeaders::set_conversation(std::vector<std::string> names) {
    conversation_ = std::move(names);
    build();
}

void ContextHeaders::set_user(std::vector<std::string> names) {
    user_ = std::move(names);
    build();
}

void ContextHeaders::set_tags(std::vector<std::string> names) {
    tags_ = std::move(names);
    build();
}

ContextHeaders::Found ContextHeaders::look_up(std::string_view name) const noexcept {
    if (name.empty()) return {nullptr};
    for (std::size_t slot = hash(name) % slots; table_[slot] != 0; slot = (slot + 1) % slots) {
        const Entry& entry = entries_[table_[slot] - 1U];
        if (entry.name.size() != name.size() || !begins_with(name, entry.name)) continue;
        if (begins_with(name, "x-")) name.remove_prefix(2);
        return {&entry, name};
    }
    for (const Entry& prefix : prefixes_)
        if (begins_with(name, prefix.name)) return {&prefix, name.substr(prefix.name.size())};
    return {nullptr};
}

void ContextHeaders::build() {
    static_assert(3 * max_names + known_headers.size() < slots);
    entries_.clear();
    prefixes_.clear();
    table_.fill(0);
    lengths_.fill(0);
    std::size_t rank = 0;
    for (const std::string& name : conversation_) add(name, HeaderMeaning::conversation, rank++);
    for (const std::string& name : user_) add(name, HeaderMeaning::user, rank++);
    for (const std::string& name : tags_) add(name, HeaderMeaning::tag_or_json, rank++);
    for (const Known& known : known_headers) add(known.name, known.meaning, rank++);
}

/// Names that begin like this one, and have one of these lengths, may mean something.
void ContextHeaders::expect(std::string_view name, std::uint64_t lengths) noexcept {
    if (name.size() < 3) {
        for (std::uint64_t& group : lengths_) group |= lengths;
        return;
    }
    lengths_[group_of(name)] |= lengths;
    if (name[2] == '-') lengths_[group_of("--_")] |= lengths;
}

void ContextHeaders::add(std::string_view name, HeaderMeaning meaning, std::size_t rank) {
    assert(!name.empty() && rank < slots);
    const bool is_prefix = name.ends_with('*');
    if (is_prefix) {
        meaning = HeaderMeaning::tag;
        name.remove_suffix(1);
    }
    std::string folded(name);
    std::ranges::transform(folded, folded.begin(), fold);
    Entry entry{std::move(folded), meaning, static_cast<std::uint8_t>(rank)};
    const std::uint64_t length = std::uint64_t{1} << length_of(entry.name);
    expect(entry.name, is_prefix ? ~(length - 1) : length);
    if (is_prefix) return prefixes_.push_back(std::move(entry));
    std::size_t slot = hash(entry.name) % slots;
    for (; table_[slot] != 0; slot = (slot + 1) % slots)
        if (entries_[table_[slot] - 1U].name == entry.name) return;  // it has a meaning that comes first
    entries_.push_back(std::move(entry));
    table_[slot] = static_cast<std::uint8_t>(entries_.size());
}

}  // namespace tokenweir::parsers
