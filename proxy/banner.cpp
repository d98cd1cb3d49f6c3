/// Lines are complete commands: whoever pastes one has a working client.
#include "proxy/banner.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tokenweir::proxy {
namespace {

/// The variable an SDK reads its base URL from, and what that URL ends in.
struct SdkVariable {
    std::string_view provider;
    std::string_view name;
    std::string_view suffix;
};

constexpr std::array<SdkVariable, 6> sdk_variables{{
    {"openai", "OPENAI_BASE_URL", "/v1"},
    {"anthropic", "ANTHROPIC_BASE_URL", ""},
    {"gcp.gemini", "GOOGLE_GEMINI_BASE_URL", ""},
    {"groq", "GROQ_BASE_URL", ""},
    {"cohere", "CO_API_URL", ""},
    {"ollama", "OLLAMA_HOST", ""},
}};

/// A URL that a client on this machine can use: a wildcard address is reached by loopback.
std::string url_of(const ListenAddress& address, bool tls) {
    ListenAddress reachable = address;
    if (address.host == "0.0.0.0") reachable.host = "127.0.0.1";
    if (address.host == "::") reachable.host = "::1";
    return (tls ? "https://" : "http://") + reachable.to_string();
}

std::string export_line(const SdkVariable& sdk, const Route& route, const std::string& base) {
    // An upstream that is configured with the suffix must not get it twice.
    const bool has_suffix = route.upstream.base_path.ends_with(sdk.suffix);
    return "  export " + std::string(sdk.name) + "=" + base + route.prefix +
           (has_suffix ? std::string() : std::string(sdk.suffix)) + "\n";
}

/// One upstream may speak any dialect: the variables of the two that most clients know.
std::string single_upstream_lines(const Route& route, const std::string& base) {
    const auto& [openai, anthropic] = std::pair(sdk_variables[0], sdk_variables[1]);
    // Anthropic's SDK adds /v1 by itself: behind a base URL that ends in it, there is no URL to give.
    const bool only_openai = route.upstream.base_path.ends_with(openai.suffix);
    return export_line(openai, route, base) + (only_openai ? std::string() : export_line(anthropic, route, base));
}

std::string export_lines(const Config& config, const std::string& base) {
    if (config.single_upstream) return single_upstream_lines(config.routes.at(0), base);
    std::string text;
    for (const SdkVariable& sdk : sdk_variables) {
        const auto route = std::ranges::find(config.routes, sdk.provider, &Route::provider);
        if (route != config.routes.end()) text += export_line(sdk, *route, base);
    }
    return text;
}

std::string route_lines(const Config& config) {
    std::size_t width = config.mock_route ? std::string_view("/mock").size() : 0;
    for (const Route& route : config.routes) width = std::max(width, route.prefix.size());
    const auto line = [width](std::string_view prefix, std::string_view target) {
        std::string text = "  " + std::string(prefix.empty() ? "/" : prefix);
        text.append(width + 4 - std::min(width, text.size() - 2), ' ');
        return text.append(target) + "\n";
    };
    std::string text;
    for (const Route& route : config.routes) text += line(route.prefix, route.upstream.to_string());
    if (config.mock_route) text += line("/mock", "a mock endpoint in this process: no key, no network");
    return text;
}

std::string call_log_words(const std::string& path) {
    if (path == "off") return "not logged";
    return (path == "-" ? "stdout" : path) + ", one JSON object per call";
}

}  // namespace

std::string banner(const Config& config, std::span<const ListenAddress> bound, const ListenAddress& admin,
                   std::string_view version) {
    std::string text = "tokenweir " + std::string(version) + "\n\n";
    std::string base;
    for (std::size_t i = 0; i < bound.size(); ++i) {
        const std::string url = url_of(bound[i], i < config.listen.size() && config.listen[i].tls.has_value());
        if (base.empty()) base = url;
        text +=
            "  proxy    " + url + (bound[i].is_loopback() ? "" : "  (listens on " + bound[i].to_string() + ")") + "\n";
    }
    text += "  metrics  " + url_of(admin, false) + "/metrics\n";
    text += "  calls    " + call_log_words(config.call_log_path) + "\n";
    if (!config.observer.decode) text += "  observe  off: bodies are forwarded and not looked into\n";

    text += "\nRoutes\n" + route_lines(config);
    if (const std::string lines = export_lines(config, base); !lines.empty()) text += "\nPoint a client here\n" + lines;
    if (config.mock_route)
        text += "\nTry it now\n  curl -N " + base +
                "/mock/v1/chat/completions -H 'content-type: application/json' -d '"
                R"({"model":"mock","stream":true,"messages":[{"role":"user","content":"hello"}]})"
                "'\n";
    return text;
}

}  // namespace tokenweir::proxy
