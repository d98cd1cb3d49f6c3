/// The routes of a proxy that nothing was said to. Providers by their OpenTelemetry GenAI names where there is one.
///
/// The base paths are chosen so that each provider's own SDK works when its base URL's host becomes proxy and prefix.
#include <array>

#include "proxy/config_address.hpp"
#include "proxy/config_keys.hpp"

namespace tokenweir::proxy {
namespace {

struct BuiltinRoute {
    std::string_view name;
    std::string_view upstream;
    std::string_view provider;
};

constexpr std::array<BuiltinRoute, 17> builtin{{
    {"openai", "https://api.openai.com", "openai"},
    {"anthropic", "https://api.anthropic.com", "anthropic"},
    {"gemini", "https://generativelanguage.googleapis.com", "gcp.gemini"},
    {"mistral", "https://api.mistral.ai", "mistral_ai"},
    {"groq", "https://api.groq.com", "groq"},  // its SDK appends /openai/v1
    {"deepseek", "https://api.deepseek.com", "deepseek"},
    {"xai", "https://api.x.ai", "x_ai"},
    {"cohere", "https://api.cohere.com", "cohere"},
    {"openrouter", "https://openrouter.ai/api", "openrouter"},
    {"together", "https://api.together.xyz", "together"},
    {"fireworks", "https://api.fireworks.ai/inference", "fireworks"},
    {"perplexity", "https://api.perplexity.ai", "perplexity"},
    {"cerebras", "https://api.cerebras.ai", "cerebras"},
    {"moonshot", "https://api.moonshot.ai", "moonshot_ai"},
    {"ollama", "http://127.0.0.1:11434", "ollama"},
    {"lmstudio", "http://127.0.0.1:1234", "lmstudio"},
    {"vllm", "http://127.0.0.1:8000", "vllm"},
}};

}  // namespace

std::vector<Route> builtin_routes() {
    std::vector<Route> routes;
    for (const BuiltinRoute& route : builtin)
        routes.push_back({.name = std::string(route.name),
                          .prefix = "/" + std::string(route.name),
                          .upstream = parse_upstream_url(route.upstream),
                          .provider = std::string(route.provider)});
    return routes;
}

}  // namespace tokenweir::proxy
