#include "parsers/quota.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "parsers/time_text.hpp"

namespace tokenweir::parsers {

namespace {

enum class Part : std::uint8_t { limit, remaining, reset };

constexpr std::array part_names{std::string_view("limit"), std::string_view("remaining"), std::string_view("reset")};

/// The members of Quotas, in their order.
enum class Resource : std::uint8_t { requests, tokens, input_tokens, output_tokens, unified_5h, unified_7d };

constexpr std::array members{&Quotas::requests,      &Quotas::tokens,     &Quotas::input_tokens,
                             &Quotas::output_tokens, &Quotas::unified_5h, &Quotas::unified_7d};

struct ResourceName {
    std::string_view name;
    Resource resource;
};

/// Longer names before those that they begin with.
constexpr std::array resource_names{
    ResourceName{"requests", Resource::requests},
    ResourceName{"req", Resource::requests},
    ResourceName{"tokens-prompt", Resource::input_tokens},      // Fireworks
    ResourceName{"tokens-generated", Resource::output_tokens},  // Fireworks
    ResourceName{"tokens", Resource::tokens},
    ResourceName{"input-tokens", Resource::input_tokens},
    ResourceName{"output-tokens", Resource::output_tokens},
    ResourceName{"unified-5h", Resource::unified_5h},
    ResourceName{"unified-7d", Resource::unified_7d},
};

constexpr std::size_t shortest_name = 9, longest_name = 64;  // of a field that is looked at: 9 to 44 are known
constexpr std::size_t shortest_vendor_name = 17;             // x-ratelimit-limit

constexpr double unnamed_window = 0;
constexpr double minute = 60, month = 30 * 86400.0;

/// What a field is about: "limit", "tokens", "per minute".
struct Meaning {
    Part part;
    Resource resource;
    double window_seconds = unnamed_window;
};

/// Names are in lower case when they get here.
bool take(std::string_view& text, std::string_view word) noexcept {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
}

std::optional<Part> take_part(std::string_view& text) noexcept {
    for (std::size_t i = 0; i < part_names.size(); ++i)
        if (take(text, part_names[i])) return static_cast<Part>(i);
    return std::nullopt;
}

/// "minute", "10-second", "day".
std::optional<double> window_of(std::string_view text) noexcept {
    struct Window {
        std::string_view name;
        double seconds;
    };
    constexpr std::array windows{Window{"second", 1},  Window{"minute", minute}, Window{"hour", 3600},
                                 Window{"day", 86400}, Window{"week", 604800},   Window{"month", month}};
    const auto count = take_number(text);
    if (count && !take(text, "-")) return std::nullopt;
    for (const Window& known : windows)
        if (text == known.name) return known.seconds * count.value_or(1);
    return std::nullopt;
}

/// "tokens", "tokens-minute", "minute". Anything else is a resource that is not recorded, such as "input-images".
std::optional<Meaning> resource_and_window(Part part, std::string_view text) noexcept {
    for (const ResourceName& known : resource_names) {
        std::string_view rest = text;
        if (!take(rest, known.name)) continue;
        if (rest.empty()) return Meaning{part, known.resource};
        const auto window = take(rest, "-") ? window_of(rest) : std::nullopt;
        return window ? std::optional(Meaning{part, known.resource, *window}) : std::nullopt;
    }
    const auto window = window_of(text);
    return window ? std::optional(Meaning{part, Resource::requests, *window}) : std::nullopt;
}

/// <part>[-<resource>][-<window>], what follows "x-ratelimit-".
std::optional<Meaning> part_first(std::string_view text) noexcept {
    const auto part = take_part(text);
    if (!part) return std::nullopt;
    if (text.empty()) return Meaning{*part, Resource::requests};
    return take(text, "-") ? resource_and_window(*part, text) : std::nullopt;
}

/// The same for a family of fields whose resource is known: "x-tokenlimit-remaining".
std::optional<Meaning> part_first(std::string_view text, Resource resource) noexcept {
    auto meaning = part_first(text);
    if (meaning && meaning->resource == Resource::requests) meaning->resource = resource;
    return meaning;
}

/// <resource>-<part>, what follows "anthropic-ratelimit-".
std::optional<Meaning> part_last(std::string_view text) noexcept {
    const auto dash = text.rfind('-');
    if (dash == std::string_view::npos) return std::nullopt;
    std::string_view last = text.substr(dash + 1);
    const auto part = take_part(last);
    return part && last.empty() ? resource_and_window(*part, text.substr(0, dash)) : std::nullopt;
}

/// What stands behind "x-" in a field's name.
std::optional<Meaning> vendor_field(std::string_view name) noexcept {
    switch (name.empty() ? '\0' : name[0]) {
        case 'r':
            if (take(name, "ratelimit-")) return part_first(name);
            return take(name, "ratelimitbysize-") ? part_first(name, Resource::tokens) : std::nullopt;  // Mistral
        case 't':
            if (take(name, "tokenlimit-")) return part_first(name, Resource::tokens);  // Together
            if (!take(name, "trial-endpoint-call-")) return std::nullopt;              // Cohere
            if (const auto part = take_part(name); part && name.empty())
                return Meaning{*part, Resource::requests, minute};
            return std::nullopt;
        case 'e':
            if (name != "endpoint-monthly-call-limit") return std::nullopt;
            return Meaning{Part::limit, Resource::requests, month};
        default: return std::nullopt;
    }
}

/// "100", and the older draft's "100, 100;w=60", of which the first number is the limit in effect.
std::optional<double> amount(std::string_view text) noexcept {
    const auto number = take_number(text);
    return number && (text.empty() || text[0] == ',' || text[0] == ';') ? number : std::nullopt;
}

/// A field's name in lower case. All at once: of what a name can hold, this bit changes nothing but letters, and the
/// underscore, which no name has that is looked for.
class LowerName {
public:
    /// Requires: no more than longest_name bytes.
    explicit LowerName(std::string_view name) noexcept {
        name.copy(bytes_.data(), longest_name);
        for (char& c : bytes_) c = static_cast<char>(c | 0x20);
    }

    const char* data() const noexcept { return bytes_.data(); }

private:
    std::array<char, longest_name> bytes_{};
};

class QuotaReader {
public:
    QuotaReader(WallTime now, Quotas& quotas) noexcept : now_(now), quotas_(quotas) {
        windows_.fill(std::numeric_limits<double>::infinity());
    }

    void read(const Field& field) noexcept {
        const std::size_t size = field.name.size();
        if (size < shortest_name || size > longest_name) return;
        const char first = ascii_lower(field.name[0]);
        if (first != 'x' && first != 'a' && first != 'r') return;
        if (first == 'x' && size < shortest_vendor_name) return;
        const LowerName lower(field.name);
        std::string_view name(lower.data(), size);
        switch (first) {
            case 'x':
                if (take(name, "x-")) set(vendor_field(name), field.value);
                return;
            case 'a':
                if (take(name, "anthropic-ratelimit-")) read_anthropic(name, field.value);
                return;
            case 'r': return read_standard(name, field.value);
            default: return;
        }
    }

    void finish() noexcept {
        if (policies_ == 1) set(Meaning{Part::limit, Resource::requests}, policy_limit_);
    }

private:
    void set(const std::optional<Meaning>& meaning, std::string_view text) noexcept {
        if (meaning) set(*meaning, meaning->part == Part::reset ? seconds_until(text, now_) : amount(text));
    }

    void set(const Meaning& meaning, std::optional<double> value) noexcept {
        double& window = windows_[static_cast<std::size_t>(meaning.resource)];
        if (!value || meaning.window_seconds > window) return;
        Quota& quota = quotas_.*members[static_cast<std::size_t>(meaning.resource)];
        if (meaning.window_seconds < window) quota = {};
        window = meaning.window_seconds;
        std::optional<double>& place = meaning.part == Part::limit       ? quota.limit
                                       : meaning.part == Part::remaining ? quota.remaining
                                                                         : quota.reset_seconds;
        if (!place) place = value;
    }

    /// The unified windows of a subscription say which share is used: recorded as what remains of 1.
    void read_anthropic(std::string_view name, std::string_view value) noexcept {
        constexpr std::string_view utilization = "-utilization";
        constexpr double millionth = 1e6;  // 1 - 0.42 is 0.58, not 0.5800000000000001
        if (name.size() <= utilization.size() || !name.ends_with(utilization)) return set(part_last(name), value);
        name.remove_suffix(utilization.size());
        const auto meaning = resource_and_window(Part::remaining, name);
        const auto used = amount(value);
        if (!meaning || !used) return;
        set(*meaning, std::max(std::round((1 - *used) * millionth) / millionth, 0.0));
        set(Meaning{Part::limit, meaning->resource}, 1);
    }

    /// The fields without a vendor: Retry-After (RFC 9110 §10.2.3) and the drafts of
    /// draft-ietf-httpapi-ratelimit-headers.
    void read_standard(std::string_view name, std::string_view value) noexcept {
        if (take(name, "retry-after")) return read_retry_after(name, value);
        if (take(name, "ratelimit-policy")) return name.empty() ? read_policy(value) : void();
        if (take(name, "ratelimit-")) return set(part_first(name), value);
        if (take(name, "ratelimitbysize-")) return set(part_first(name, Resource::tokens), value);
        if (take(name, "ratelimit") && name.empty()) read_item(value);
    }

    void read_retry_after(std::string_view suffix, std::string_view value) noexcept {
        std::optional<double>& wait = quotas_.retry_after_seconds;
        if (suffix.empty() && !wait) wait = seconds_until(value, now_);
        const auto milliseconds = suffix == "-ms" ? amount(value) : std::nullopt;
        if (milliseconds) wait = *milliseconds / 1000;  // the finer one
    }

    /// `"name";r=50;t=30`, or an older draft's `limit=100, remaining=50, reset=30`. Of several items the first counts.
    void read_item(std::string_view text) noexcept {
        each_parameter(text, [this](std::string_view key, std::string_view value) {
            if (iequals(key, "limit")) set(Meaning{Part::limit, Resource::requests}, value);
            if (iequals(key, "r") || iequals(key, "remaining"))
                set(Meaning{Part::remaining, Resource::requests}, value);
            if (iequals(key, "t") || iequals(key, "reset")) set(Meaning{Part::reset, Resource::requests}, value);
        });
    }

    /// `"name";q=100;w=60`. Of several policies it is not known which one an item is about: none counts then.
    void read_policy(std::string_view text) noexcept {
        bool requests = true;
        each_parameter(text, [&](std::string_view key, std::string_view value) {
            if (iequals(key, "qu")) requests = value == "\"requests\"";
            if (!iequals(key, "q")) return;
            policy_limit_ = amount(value);
            ++policies_;
        });
        if (!requests) policies_ = 2;
    }

    template <class Use>
    static void each_parameter(std::string_view text, Use&& use) noexcept {
        while (!text.empty()) {
            std::string_view one = text.substr(0, text.find_first_of(";,"));
            text.remove_prefix(std::min(one.size() + 1, text.size()));
            while (one.starts_with(' ')) one.remove_prefix(1);
            while (one.ends_with(' ')) one.remove_suffix(1);
            if (const auto equals = one.find('='); equals != std::string_view::npos)
                use(one.substr(0, equals), one.substr(equals + 1));
        }
    }

    WallTime now_;
    Quotas& quotas_;
    std::array<double, members.size()> windows_{};  // of what stands in quotas_
    std::optional<double> policy_limit_;
    unsigned policies_ = 0;
};

}  // namespace

void read_quotas(Fields response_fields, WallTime now, Quotas& quotas) noexcept {
    QuotaReader reader(now, quotas);
    for (const Field& field : response_fields) reader.read(field);
    reader.finish();
}

}  // namespace tokenweir::parsers
