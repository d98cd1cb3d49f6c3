#include "parsers/request_facts.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "parsers/client_identity.hpp"
#include "parsers/json_document.hpp"
#include "parsers/json_text.hpp"

namespace tokenweir::parsers {

namespace {

constexpr std::size_t max_stop_sequences = 16;

constexpr WantedMembers wanted{
    "model", "stream", "max_tokens", "max_completion_tokens", "max_output_tokens", "max_tokens_to_sample",
    "temperature", "top_p", "top_k", "frequency_penalty", "presence_penalty", "seed", "n", "stop", "stop_sequences",
    "service_tier", "response_format", "modalities", "reasoning_effort", "reasoning", "output_config", "metadata",
    "conversation", "conversation_id", "session_id", "thread_id", "litellm_session_id", "user", "safety_identifier",
    // Counted, or only looked for: they hold content.
    "messages[]", "input[]", "contents[]", "tools[]", "functions[]", "message[]", "inputs[]", "text[]", "input_ids[]",
    "prompt[]"};

/// A wanted member by its name: looked up by the compiler, which refuses one that nobody wants.
struct Member {
    consteval Member(const char* name) : place(wanted.find(name)) {
        if (place == WantedMembers::none) throw std::invalid_argument("not wanted");
    }
    std::size_t place;
};

/// The scalars and small objects among the wanted members, read from their raw JSON.
class Members {
public:
    explicit Members(const RequestScanner& scanner) : scanner_(scanner) {}

    const ScannedMember* find(Member name) const noexcept { return scanner_.member(name.place); }

    std::string_view raw(Member name) const noexcept {
        const ScannedMember* member = find(name);
        return member ? std::string_view(member->text) : std::string_view{};
    }

    bool is_truncated(Member name) const noexcept {
        const ScannedMember* member = find(name);
        return member && member->truncated;
    }

    bool is_true(Member name) const noexcept { return raw(name) == "true"; }

    std::string text(Member name) const {
        const std::string_view quoted = raw(name);
        if (quoted.size() < 2 || quoted.front() != '"') return {};
        return unescape_json(quoted.substr(1, quoted.size() - 2)).value_or("");
    }

    std::optional<double> number(Member name) const noexcept {
        const ScannedMember* member = find(name);
        return member ? parse_number(member->text) : std::nullopt;
    }

    std::optional<std::int64_t> integer(Member name) const noexcept {
        const ScannedMember* member = find(name);
        if (!member) return std::nullopt;
        const std::string_view digits = member->text;
        std::int64_t whole = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
        const bool is_whole = error == std::errc() && end == digits.data() + digits.size();
        if (is_whole && -JsonValue::max_count <= whole && whole <= JsonValue::max_count) return whole;
        const auto value = parse_number(digits);
        if (!value || std::abs(*value) > static_cast<double>(JsonValue::max_count)) return std::nullopt;
        return std::llround(*value);
    }

    std::optional<std::int64_t> elements(Member name) const noexcept {
        const ScannedMember* member = find(name);
        return member ? member->elements : std::nullopt;
    }

    /// The text of a member of a small object: inner("reasoning", "effort").
    std::string inner(Member name, std::string_view key) const {
        std::string text;
        const std::string_view object = raw(name);
        if (!object.starts_with('{')) return text;
        JsonDocument document(object);
        for (auto member = document.members(); member.next();)
            if (member.key() == key) member.value().assign_to(text);
        return text;
    }

private:
    const RequestScanner& scanner_;
};

/// The first of several names that is there.
std::optional<std::int64_t> first_integer(const Members& members, std::initializer_list<Member> names) noexcept {
    for (const Member name : names)
        if (const auto value = members.integer(name)) return value;
    return std::nullopt;
}

/// A string or a list of them.
std::vector<std::string> stop_sequences(const Members& members) {
    std::vector<std::string> stops;
    for (const Member name : {Member("stop"), Member("stop_sequences")}) {
        if (std::string one = members.text(name); !one.empty()) stops.push_back(std::move(one));
        if (!members.raw(name).starts_with('[')) continue;
        JsonDocument document(members.raw(name));
        for (auto element = document.elements(); element.next() && stops.size() < max_stop_sequences;)
            if (std::string stop = element.value().as_text(); !stop.empty()) stops.push_back(std::move(stop));
    }
    return stops;
}

std::string output_type(const Members& members) {
    const std::string_view modalities = members.raw("modalities");
    if (modalities.find("\"audio\"") != std::string_view::npos) return "speech";
    if (modalities.find("\"image\"") != std::string_view::npos) return "image";
    const ScannedMember* format = members.find("response_format");
    if (format == nullptr || format->text == "null") return {};
    if (format->truncated) return "json";  // only a schema is that long
    const std::string type = members.inner("response_format", "type");
    if (type.starts_with("json")) return "json";
    return type == "text" ? type : std::string{};
}

std::string reasoning_level(const Members& members) {
    if (std::string effort = members.text("reasoning_effort"); !effort.empty()) return effort;
    if (std::string effort = members.inner("reasoning", "effort"); !effort.empty()) return effort;
    return members.inner("output_config", "effort");
}

/// The ids in the request's `metadata`: names and values that the app chose.
struct Metadata {
    std::string session, user_id;

    explicit Metadata(std::string_view object) {
        JsonDocument document(object);
        for (auto member = document.members(); member.next();) {
            if (member.key() == "user_id") member.value().assign_to(user_id);
            for (const std::string_view name :
                 {"session_id", "conversation_id", "thread_id", "litellm_session_id", "sessionId"})
                if (session.empty() && member.key() == name) member.value().assign_to(session);
        }
    }
};

/// Takes the first id that may be recorded, unless the head named one.
class Id {
public:
    Id(std::string& place, LlmCall& call) noexcept : place_(place), call_(call) {}

    void offer(std::string_view id) {
        if (place_.empty() && accept_id(id, call_)) place_ = id;
    }
    void offer(const Members& members, std::initializer_list<Member> names) {
        for (const Member name : names) {
            if (!place_.empty()) return;
            if (members.is_truncated(name)) ++call_.context_dropped;
            if (!members.raw(name).empty()) offer(members.text(name));
        }
    }

private:
    std::string& place_;
    LlmCall& call_;
};

/// previous_response_id is a turn of a conversation, and prompt_cache_key a place in a cache: neither names one.
void read_ids(const Members& members, bool record_user, LlmCall& call) {
    Id conversation(call.conversation_id, call), user(call.enduser_id, call);
    conversation.offer(members, {"conversation"});
    if (members.raw("conversation").starts_with('{')) conversation.offer(members.inner("conversation", "id"));
    conversation.offer(members, {"conversation_id", "session_id", "thread_id", "litellm_session_id"});
    if (record_user) user.offer(members, {"user", "safety_identifier"});
    if (!members.raw("metadata").starts_with('{')) return;
    const Metadata metadata(members.raw("metadata"));
    const PackedUser packed = unpack_user(metadata.user_id);
    conversation.offer(metadata.session);
    conversation.offer(packed.session);
    if (record_user) user.offer(packed.user);
}

}  // namespace

const WantedMembers& request_members() noexcept { return wanted; }

BodySigns body_signs(const RequestScanner& scanner) noexcept {
    const auto has = [&](Member name) { return scanner.member(name.place) != nullptr; };
    return {has("message"), has("messages"), has("inputs"), has("text"), has("input_ids"), has("prompt")};
}

void read_request(const RequestScanner& scanner, bool record_user, LlmCall& call) {
    const Members members(scanner);
    if (std::string model = members.text("model"); !model.empty()) call.request_model = std::move(model);

    RequestSettings& settings = call.settings;
    if (members.is_true("stream")) settings.stream = true;
    settings.max_tokens =
        first_integer(members, {"max_completion_tokens", "max_tokens", "max_output_tokens", "max_tokens_to_sample"});
    settings.temperature = members.number("temperature");
    settings.top_p = members.number("top_p");
    settings.top_k = members.number("top_k");
    settings.frequency_penalty = members.number("frequency_penalty");
    settings.presence_penalty = members.number("presence_penalty");
    settings.seed = members.integer("seed");
    settings.choice_count = members.integer("n");
    settings.stop_sequences = stop_sequences(members);
    settings.output_type = output_type(members);
    settings.reasoning_level = reasoning_level(members);
    settings.messages = members.elements("messages");
    settings.tools = members.elements("tools");
    if (!settings.tools) settings.tools = members.elements("functions");
    read_ids(members, record_user, call);
    // What "auto" comes to is the provider's to say.
    if (std::string tier = members.text("service_tier"); tier != "auto") call.service_tier = std::move(tier);
}

}  // namespace tokenweir::parsers
