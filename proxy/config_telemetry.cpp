#include "proxy/config_telemetry.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "observation/config_error.hpp"
#include "observation/field.hpp"
#include "proxy/config_address.hpp"
#include "proxy/config_values.hpp"

namespace tokenweir::proxy {
namespace {

template <class Value>
struct Word {
    std::string_view name;
    Value value;
};
template <class Value>
Word(const char*, Value) -> Word<Value>;  // clang 14 does not deduce it from the members

constexpr std::array forwardings{Word{"none", ContextForwarding::none}, Word{"trace", ContextForwarding::trace},
                                 Word{"all", ContextForwarding::all}, Word{"untouched", ContextForwarding::untouched}};

constexpr std::array propagators{Word{"tracecontext", Propagator::tracecontext}, Word{"baggage", Propagator::baggage},
                                 Word{"b3", Propagator::b3}, Word{"b3multi", Propagator::b3multi}};

constexpr std::array roots{Word{"always_on", SamplerOptions::Root::always_on},
                           Word{"always_off", SamplerOptions::Root::always_off},
                           Word{"traceidratio", SamplerOptions::Root::ratio}};

constexpr std::array profiles{Word{"openinference", TraceProfile::openinference},
                              Word{"langfuse", TraceProfile::langfuse}};

constexpr std::array signals{Word{"traces", &OtlpOptions::traces}, Word{"logs", &OtlpOptions::logs},
                             Word{"metrics", &OtlpOptions::metrics}};

constexpr std::string_view parent_based_prefix = "parentbased_";

/// The value of a word that `words` has. `Kind` says what else was expected.
template <class Kind, class Words>
auto value_of(const Words& words, std::string_view text) {
    const auto word = std::ranges::find_if(words, [text](const auto& known) { return iequals(known.name, text); });
    if (word == words.end()) throw BadValue("expected " + Kind::expects());
    return word->value;
}

template <class Words, class Value>
std::string_view name_of(const Words& words, Value value) {
    return std::ranges::find(words, value, [](const auto& word) { return word.value; })->name;
}

void append_item(std::string& list, std::string_view item) { list.append(list.empty() ? "" : ", ").append(item); }

std::string decimal(double value) {
    std::array<char, 400> digits{};  // the longest double without an exponent has 309 digits before its point
    const auto [end, error] =
        std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
    return {digits.data(), end};
}

/// A decimal number from 0 to `max`.
std::optional<double> to_decimal(std::string_view text, double max) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && value >= 0 && value <= max ? std::optional(value) : std::nullopt;
}

std::string percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        unsigned char byte = 0;
        const std::string_view digits = text.substr(i + 1, 2);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2)
            throw BadValue("expected two hexadecimal digits behind each '%'");
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c > 0x20 && c < 0x7f && std::string_view("%,=;\"\\").find(c) == std::string_view::npos) {
            out += c;
            continue;
        }
        constexpr std::string_view digits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        out.append(1, '%').append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    }
    return out;
}

}  // namespace

void Forwarding::parse(std::string_view text, std::optional<ContextForwarding>& out) {
    out = iequals(text, "auto") ? std::nullopt : std::optional(value_of<Forwarding>(forwardings, text));
}

std::string Forwarding::print(std::optional<ContextForwarding> value) {
    return value ? std::string(name_of(forwardings, *value)) : "auto";
}

void RouteForwarding::parse(std::string_view text, std::optional<ContextForwarding>& out) {
    out = value_of<RouteForwarding>(forwardings, text);
}

std::string RouteForwarding::print(std::optional<ContextForwarding> value) {
    return value ? std::string(name_of(forwardings, *value)) : std::string();
}

void Propagators::parse(std::string_view text, PropagationOptions& out) {
    if (iequals(text, "auto")) return out.propagators.reset();
    std::vector<Propagator> list;
    if (!iequals(text, "none")) {
        for (const std::string_view item : split_list(text)) {
            const Propagator propagator = value_of<Propagators>(propagators, item);
            if (std::ranges::find(list, propagator) == list.end()) list.push_back(propagator);
        }
    }
    out.propagators = std::move(list);
}

std::string Propagators::print(const PropagationOptions& value) {
    if (!value.propagators) return "auto";
    if (value.propagators->empty()) return "none";
    std::string text;
    for (const Propagator propagator : *value.propagators)
        text.append(text.empty() ? "" : ", ").append(name_of(propagators, propagator));
    return text;
}

void SamplerName::parse(std::string_view text, SamplerOptions& out) {
    const bool parent_based = iequals(text.substr(0, parent_based_prefix.size()), parent_based_prefix);
    const std::string_view root = parent_based ? text.substr(parent_based_prefix.size()) : text;
    out.root = value_of<SamplerName>(roots, root);
    out.parent_based = parent_based;
}

std::string SamplerName::print(const SamplerOptions& value) {
    return std::string(value.parent_based ? parent_based_prefix : "").append(name_of(roots, value.root));
}

void Ratio::parse(std::string_view text, double& out) {
    const auto value = to_decimal(text, 1);
    if (!value) throw BadValue("expected " + expects());
    out = *value;
}

std::string Ratio::print(double value) { return decimal(value); }

void EndpointUrl::parse(std::string_view text, std::optional<Endpoint>& out) {
    if (text.empty()) return out.reset();
    const UpstreamUrl url = parse_upstream_url(text);
    const std::size_t path = text.find('/', text.find("://") + 3);
    out = {.tls = url.tls,
           .host = url.host,
           .port = url.port,
           .target = path == std::string_view::npos ? "/" : std::string(text.substr(path))};
}

std::string EndpointUrl::print(const std::optional<Endpoint>& value) {
    if (!value) return {};
    return UpstreamUrl{.tls = value->tls, .host = value->host, .port = value->port, .base_path = {}}.to_string() +
           value->target;
}

void Pairs::parse(std::string_view text, std::vector<std::pair<std::string, std::string>>& out) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const std::string_view item : split_list(text)) {
        if (item.empty()) continue;
        const std::size_t equals = item.find('=');
        if (equals == 0 || equals == std::string_view::npos) throw BadValue("expected " + expects());
        pairs.emplace_back(percent_decoded(item.substr(0, equals)), percent_decoded(item.substr(equals + 1)));
    }
    out = std::move(pairs);
}

std::string Pairs::print(const std::vector<std::pair<std::string, std::string>>& value) {
    std::string text;
    for (const auto& [name, content] : value) append_item(text, percent_encoded(name) + "=" + percent_encoded(content));
    return text;
}

void Headers::parse(std::string_view text, std::vector<HeaderLine>& out) {
    std::vector<HeaderLine> fields;
    Pairs::parse(text, fields);
    for (const auto& [name, value] : fields) {
        const bool is_name =
            std::ranges::all_of(name, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
        const bool is_value = std::ranges::all_of(value, [](char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
        if (!is_name || !is_value) throw BadValue("expected names and values that may stand in an HTTP field");
    }
    out = std::move(fields);
}

void Signals::parse(std::string_view text, OtlpOptions& out) {
    for (const auto& signal : signals) (out.*signal.value).wanted = false;
    if (iequals(text, "none") || text.empty()) return;
    for (const std::string_view item : split_list(text)) (out.*value_of<Signals>(signals, item)).wanted = true;
}

std::string Signals::print(const OtlpOptions& value) {
    std::string text;
    for (const auto& signal : signals)
        if ((value.*signal.value).wanted) append_item(text, signal.name);
    return text.empty() ? "none" : text;
}

void OtlpProtocol::parse(std::string_view text, bool& out) {
    if (!iequals(text, "http/protobuf") && !iequals(text, "http/json")) throw BadValue("expected " + expects());
    out = iequals(text, "http/json");
}

void Compression::parse(std::string_view text, bool& out) {
    if (!iequals(text, "gzip") && !iequals(text, "none")) throw BadValue("expected " + expects());
    out = iequals(text, "gzip");
}

void Profiles::parse(std::string_view text, std::vector<TraceProfile>& out) {
    std::vector<TraceProfile> list;
    if (!iequals(text, "none"))
        for (const std::string_view item : split_list(text)) {
            const TraceProfile profile = value_of<Profiles>(profiles, item);
            if (std::ranges::find(list, profile) == list.end()) list.push_back(profile);
        }
    out = std::move(list);
}

std::string Profiles::print(const std::vector<TraceProfile>& value) {
    std::string text;
    for (const TraceProfile profile : value) append_item(text, name_of(profiles, profile));
    return text.empty() ? "none" : text;
}

void OptionalSpan::parse(std::string_view text, double& out) {
    std::chrono::milliseconds value{};
    TimeLimit::parse(text, value);
    out = std::chrono::duration<double>(value).count();
}

std::string OptionalSpan::print(double seconds) { return seconds > 0 ? Span::print(seconds) : "off"; }

void Wait::parse(std::string_view text, std::chrono::milliseconds& out) {
    const std::chrono::milliseconds value = parse_duration(text);
    if (value.count() == 0) throw BadValue("expected a duration longer than 0");
    out = value;
}

std::string Wait::print(std::chrono::milliseconds value) { return print_duration(value); }

void Dollars::parse(std::string_view text, double& out) {
    constexpr double most = 1e6;
    const auto value = iequals(text, "off") ? std::optional(0.0) : to_decimal(text, most);
    if (!value) throw BadValue("expected " + expects());
    out = *value;
}

std::string Dollars::print(double value) { return value > 0 ? decimal(value) : "off"; }

}  // namespace tokenweir::proxy
