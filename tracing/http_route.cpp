#include "tracing/http_route.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace tokenweir::tracing {
namespace {

/// The words of which providers make their paths.
constexpr std::array<std::string_view, 79> words{
    "v1",
    "v2",
    "v3",
    "v1beta",
    "v1beta1",
    "v1alpha",
    "api",
    "openai",
    "anthropic",
    "inference",
    "engines",
    "chat",
    "completions",
    "completion",
    "complete",
    "responses",
    "input_items",
    "input_tokens",
    "compact",
    "messages",
    "count_tokens",
    "batches",
    "results",
    "cancel",
    "embeddings",
    "embed",
    "embed-jobs",
    "rerank",
    "classify",
    "images",
    "generations",
    "edits",
    "variations",
    "audio",
    "speech",
    "transcriptions",
    "translations",
    "moderations",
    "models",
    "files",
    "content",
    "uploads",
    "parts",
    "fine_tuning",
    "jobs",
    "fim",
    "ocr",
    "agents",
    "conversations",
    "items",
    "threads",
    "runs",
    "steps",
    "assistants",
    "vector_stores",
    "videos",
    "realtime",
    "sessions",
    "client_secrets",
    "deployments",
    "model",
    "converse",
    "converse-stream",
    "invoke",
    "invoke-with-response-stream",
    "count-tokens",
    "generate",
    "generate_stream",
    "tags",
    "show",
    "ps",
    "pull",
    "projects",
    "locations",
    "publishers",
    "google",
    "cachedContents",
    "interactions",
    "tokenize",
};

bool is_word(std::string_view segment) noexcept { return std::ranges::find(words, segment) != words.end(); }

/// Letters alone, as in `:streamGenerateContent`.
bool is_verb(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 32 &&
           std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

void append_segment(std::string& out, std::string_view segment) {
    out += '/';
    if (segment.empty() || is_word(segment)) {
        out += segment;
        return;
    }
    out += "{id}";
    const std::size_t colon = segment.rfind(':');  // Google's custom methods
    if (colon != std::string_view::npos && is_verb(segment.substr(colon + 1))) out += segment.substr(colon);
}

}  // namespace

std::string_view HttpRoutes::of(const LlmCall& call) {
    if (call.api == "unknown" || call.route.empty()) return {};
    if (call.path == path_ && call.route == route_) return http_route_;
    std::string_view rest = call.path, prefix;
    const auto route = std::ranges::find(routes_, call.route, &Routes::value_type::first);
    if (route != routes_.end() && rest.starts_with(route->second)) prefix = route->second;
    rest.remove_prefix(prefix.size());
    std::string found(prefix);
    while (!rest.empty()) {
        rest.remove_prefix(1);  // '/'
        const std::size_t end = std::min(rest.find('/'), rest.size());
        append_segment(found, rest.substr(0, end));
        rest.remove_prefix(end);
    }
    route_.clear();  // should one of the following throw, this is nobody's
    http_route_ = std::move(found);
    path_ = call.path;
    route_ = call.route;
    return http_route_;
}

}  // namespace tokenweir::tracing
