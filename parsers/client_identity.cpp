#include "parsers/client_identity.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "observation/utf8.hpp"
#include "parsers/json_document.hpp"
#include "parsers/time_text.hpp"

namespace tokenweir::parsers {

namespace {

bool is_plain_text(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text[0]);
        if (byte < 0x20 || byte == 0x7F) return false;
        const Utf8Step step = utf8_step(text);
        if (!step.well_formed) return false;
        text.remove_prefix(step.length);
    }
    return true;
}

/// Digits, and what may follow them.
std::optional<std::int64_t> count_of(std::string_view text, std::string_view ends) noexcept {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return text.empty() || ends.find(text[0]) != std::string_view::npos ? std::optional(value) : std::nullopt;
}

/// The AWS SDKs count from one: "attempt=2; max=3".
std::optional<std::int64_t> retries_of_attempt(std::string_view text) noexcept {
    constexpr std::string_view attempt = "attempt=";
    const auto at = text.find(attempt);
    if (at == std::string_view::npos) return std::nullopt;
    const auto count = count_of(text.substr(at + attempt.size()), "; ");
    return count && *count > 0 ? std::optional(*count - 1) : std::nullopt;
}

std::optional<double> seconds_of(std::string_view text) noexcept {
    const auto seconds = take_number(text);
    return seconds && *seconds > 0 && text.empty() ? seconds : std::nullopt;  // NOT_GIVEN says nothing
}

/// Digits and one of HMSmun (gRPC over HTTP/2, "Timeout").
std::optional<double> grpc_seconds(std::string_view text) noexcept {
    if (text.empty()) return std::nullopt;
    const char unit = text.back();
    text.remove_suffix(1);
    const auto amount = seconds_of(text);
    if (!amount) return std::nullopt;
    switch (unit) {
        case 'H': return *amount * 3600;
        case 'M': return *amount * 60;
        case 'S': return amount;
        case 'm': return *amount / 1e3;
        case 'u': return *amount / 1e6;
        case 'n': return *amount / 1e9;
        default: return std::nullopt;
    }
}

/// Lower-case letters, digits and '_', so that it may stand in a record's key and in a label.
std::string normal_tag_name(std::string_view name) {
    std::string normal;
    for (const char c : name) {
        const char lower = ascii_lower(c);
        const bool kept = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
        normal += kept ? lower : '_';
    }
    while (normal.ends_with('_')) normal.pop_back();
    return normal.erase(0, std::min(normal.find_first_not_of('_'), normal.size()));
}

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char byte = 0;
        const bool escaped = text[i] == '%' && i + 2 < text.size() &&
                             std::from_chars(&text[i] + 1, &text[i] + 3, byte, 16).ptr == &text[i] + 3;
        decoded += escaped ? static_cast<char>(byte) : text[i];
        if (escaped) i += 2;
    }
    return decoded;
}

/// The thread or conversation that a path is about, such as /v1/threads/thread_1/runs.
std::string_view conversation_in(std::string_view path, std::string_view start) noexcept {
    const auto at = path.find(start);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = path.substr(at + 1);
    return rest.substr(0, rest.find('/'));
}

class ClientReader {
public:
    ClientReader(const ContextOptions& options, LlmCall& call) noexcept : options_(options), call_(call) {}

    void read(const Field& field) {
        const auto [entry, tag] = options_.headers.find(field.name);
        if (entry == nullptr || field.value.empty()) return;
        switch (entry->meaning) {
            case HeaderMeaning::conversation: return conversation(field.value, entry->rank);
            case HeaderMeaning::user: return user(field.value, entry->rank);
            case HeaderMeaning::tag: return add_tag(tag, field.value);
            case HeaderMeaning::tag_or_json:
                return field.value.front() == '{' ? tags_in_json(field.value) : add_tag(tag, field.value);
            case HeaderMeaning::codex_turn: return codex_turn(field.value, entry->rank);
            case HeaderMeaning::baggage: return baggage(field.value, entry->rank);
            case HeaderMeaning::retry_count: return retries(count_of(field.value, ""), entry->rank);
            case HeaderMeaning::attempt: return retries(retries_of_attempt(field.value), entry->rank);
            case HeaderMeaning::timeout: return timeout(seconds_of(field.value), entry->rank);
            case HeaderMeaning::grpc_timeout: return timeout(grpc_seconds(field.value), entry->rank);
        }
    }

private:
    static constexpr unsigned none = 1000;  // worse than every rank
    static constexpr unsigned in_metadata = none - 1;

    void conversation(std::string_view id, unsigned rank) {
        prefer(call_.conversation_id, conversation_rank_, id, rank);
    }
    void user(std::string_view id, unsigned rank) {
        if (options_.record_user) prefer(call_.enduser_id, user_rank_, id, rank);
    }

    /// Of two headers of one rank the first counts.
    void prefer(std::string& place, unsigned& best, std::string_view id, unsigned rank) {
        if (rank >= best || !accept_id(id, call_)) return;
        place = id;
        best = rank;
    }

    void retries(std::optional<std::int64_t> count, unsigned rank) noexcept {
        if (!count || rank >= retries_rank_) return;
        call_.client_retry_count = count;
        retries_rank_ = rank;
    }

    void timeout(std::optional<double> seconds, unsigned rank) noexcept {
        if (!seconds || rank >= timeout_rank_) return;
        call_.client_timeout_seconds = seconds;
        timeout_rank_ = rank;
    }

    void add_tag(std::string_view name, std::string_view value) {
        std::string normal = normal_tag_name(name);
        const bool known =
            std::ranges::find(call_.tags, normal, &std::pair<std::string, std::string>::first) != call_.tags.end();
        if (known) return;
        const bool fits = !normal.empty() && normal.size() <= max_tag_name_bytes && call_.tags.size() < max_tags;
        if (!fits)
            ++call_.context_dropped;
        else if (accept_id(value, call_))
            call_.tags.emplace_back(std::move(normal), value);
    }

    /// A tag for each member; damage anywhere makes all of it worth nothing. `_user` is the user (Portkey).
    void tags_in_json(std::string_view json) {
        std::vector<std::pair<std::string, std::string>> members;
        const bool sound = each_member(json, [&](std::string_view key, const JsonValue& value) {
            if (value.is_object() || value.is_array())
                ++call_.context_dropped;
            else if (std::string text = value.as_text(); !text.empty())
                members.emplace_back(key, std::move(text));
        });
        if (!sound) return;
        for (const auto& [key, value] : members) {
            if (key == "_user")
                user(value, in_metadata);
            else
                add_tag(key, value);
        }
    }

    void codex_turn(std::string_view json, unsigned rank) {
        if (rank >= conversation_rank_) return;
        std::string session, thread;
        const bool sound = each_member(json, [&](std::string_view key, const JsonValue& value) {
            if (key == "session_id") value.assign_to(session);
            if (key == "thread_id") value.assign_to(thread);
        });
        if (sound) conversation(session.empty() ? thread : session, rank);
    }

    template <class Use>
    bool each_member(std::string_view json, Use&& use) {
        bool sound = json.size() <= max_metadata_bytes;
        if (sound) {
            JsonDocument document(json);
            for (auto member = document.members(); member.next();) use(member.key(), member.value());
            sound = !document.damaged();
        }
        if (!sound) ++call_.context_dropped;
        return sound;
    }

    /// key=value;property, with commas between them (W3C Baggage §3.3).
    void baggage(std::string_view members, unsigned rank) {
        constexpr std::array sessions{"session.id", "gen_ai.conversation.id", "langfuse_session_id"};
        constexpr std::array users{"user.id", "enduser.id", "langfuse_user_id"};
        const auto is_one_of = [](const auto& names, std::string_view key) {
            return std::ranges::find(names, key) != names.end();
        };
        const auto trimmed = [](std::string_view text) {
            const auto from = std::min(text.find_first_not_of(" \t"), text.size());
            return text.substr(from, text.find_last_not_of(" \t") + 1 - from);
        };
        while (!members.empty()) {
            const std::string_view member = members.substr(0, members.find(','));
            members.remove_prefix(std::min(member.size() + 1, members.size()));
            const auto equals = member.find('=');
            if (equals == std::string_view::npos) continue;
            const std::string_view key = trimmed(member.substr(0, equals));
            const auto value = [&] {
                return percent_decoded(trimmed(member.substr(equals + 1, member.find(';') - equals - 1)));
            };
            if (is_one_of(sessions, key)) conversation(value(), rank);
            if (is_one_of(users, key)) user(value(), rank);
        }
    }

    const ContextOptions& options_;
    LlmCall& call_;
    unsigned conversation_rank_ = none, user_rank_ = none, retries_rank_ = none, timeout_rank_ = none;
};

}  // namespace

void read_client(Fields request_fields, const ContextOptions& options, LlmCall& call) {
    ClientReader reader(options, call);
    for (const Field& field : request_fields) reader.read(field);
    if (!call.conversation_id.empty()) return;
    std::string_view id;
    if (call.api == "openai.assistants") id = conversation_in(call.path, "/thread_");
    if (call.api == "conversations") id = conversation_in(call.path, "/conv_");
    if (accept_id(id, call)) call.conversation_id = id;
}

bool accept_id(std::string_view id, LlmCall& call) noexcept {
    if (id.empty()) return false;
    const bool usable = id.size() <= max_id_bytes && is_plain_text(id);
    if (!usable) ++call.context_dropped;
    return usable;
}

PackedUser unpack_user(std::string_view user_id) {
    PackedUser packed;
    if (user_id.starts_with('{')) {  // {"device_id":…,"account_uuid":…,"session_id":…}
        std::string device;
        JsonDocument document(user_id);
        for (auto member = document.members(); member.next();) {
            if (member.key() == "session_id") member.value().assign_to(packed.session);
            if (member.key() == "account_uuid") member.value().assign_to(packed.user);
            if (member.key() == "device_id") member.value().assign_to(device);
        }
        if (packed.user.empty()) packed.user = std::move(device);
        if (!document.damaged() && !packed.session.empty()) return packed;
        packed = {};
    } else if (user_id.starts_with("user_")) {  // user_<device>_account_<account>_session_<session>, no account perhaps
        constexpr std::string_view device_mark = "user_", account_mark = "_account_", session_mark = "_session_";
        const auto session = user_id.rfind(session_mark);
        const auto account = user_id.substr(0, session).find(account_mark);
        if (session != std::string_view::npos && account != std::string_view::npos) {
            packed.session = user_id.substr(session + session_mark.size());
            packed.user = user_id.substr(0, session).substr(account + account_mark.size());
            if (packed.user.empty()) packed.user = user_id.substr(0, account).substr(device_mark.size());
            return packed;
        }
    }
    packed.user = user_id;
    return packed;
}

}  // namespace tokenweir::parsers
