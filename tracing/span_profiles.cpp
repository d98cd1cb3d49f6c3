#include "tracing/span_profiles.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tracing/json_object.hpp"

namespace tokenweir::tracing {
namespace {

using Names = std::pair<std::string_view, std::string_view>;

/// gen_ai.provider.name to llm.provider: who runs the model.
constexpr std::array provider_names{
    Names{"aws.bedrock", "aws"},   Names{"azure.ai.openai", "azure"},    Names{"gcp.gemini", "google"},
    Names{"gcp.gen_ai", "google"}, Names{"gcp.vertex_ai", "google"},     Names{"mistral_ai", "mistralai"},
    Names{"x_ai", "xai"},          Names{"azure.ai.inference", "azure"}, Names{"moonshot_ai", "moonshot"}};

/// gen_ai.provider.name to llm.system: whose API it speaks; the others have none in the specification.
constexpr std::array system_names{Names{"openai", "openai"},        Names{"azure.ai.openai", "openai"},
                                  Names{"anthropic", "anthropic"},  Names{"cohere", "cohere"},
                                  Names{"deepseek", "deepseek"},    Names{"gcp.vertex_ai", "vertexai"},
                                  Names{"mistral_ai", "mistralai"}, Names{"x_ai", "xai"},
                                  Names{"aws.bedrock", "amazon"}};

template <std::size_t size>
std::optional<std::string_view> translated(const std::array<Names, size>& names, std::string_view name) noexcept {
    const auto known = std::ranges::find(names, name, &Names::first);
    return known == names.end() ? std::nullopt : std::optional(known->second);
}

void add_text(AttributeSink& out, Key key, std::string_view value) {
    if (!value.empty()) out.text(key, value);
}

void add_count(AttributeSink& out, Key key, const std::optional<std::int64_t>& value) {
    if (value) out.integer(key, *value);
}

/// ISO 8601, UTC.
std::string iso_time(WallTime time) {
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    const auto micros = std::chrono::floor<std::chrono::microseconds>(time - second).count();
    const std::time_t seconds = WallTime::clock::to_time_t(second);
    std::tm date{};
    ::gmtime_r(&seconds, &date);
    std::array<char, 40> text{};
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &date);
    std::snprintf(text.data() + size, text.size() - size, ".%06ldZ", static_cast<long>(micros));
    return text.data();
}

void add_value(AttributeSink& out, Key key, Key type_key, std::string_view json) {
    if (json.empty()) return;
    out.add({key}, JsonText{.json = json, .as_text = true});
    out.text(type_key, "application/json");
}

void add_openinference(AttributeSink& out, const LlmCall& call) {
    const std::string& model = call.response_model.empty() ? call.request_model : call.response_model;
    const TokenUsage& usage = call.usage;
    if (call.operation == "embeddings") {
        out.text("openinference.span.kind", "EMBEDDING");
        add_text(out, "embedding.model_name", model);
    } else {
        out.text("openinference.span.kind", call.operation == "rerank" ? "RERANKER" : "LLM");
        add_text(out, "llm.model_name", model);
        add_text(out, "llm.provider", translated(provider_names, call.provider).value_or(call.provider));
        add_text(out, "llm.system", translated(system_names, call.provider).value_or(""));
        if (!call.finish_reasons.empty()) out.text("llm.finish_reason", call.finish_reasons.front());
    }
    add_count(out, "llm.token_count.prompt", usage.input);
    add_count(out, "llm.token_count.completion", usage.output);
    if (usage.input && usage.output) out.integer("llm.token_count.total", *usage.input + *usage.output);
    add_count(out, "llm.token_count.prompt_details.cache_read", usage.cache_read);
    add_count(out, "llm.token_count.prompt_details.cache_write", usage.cache_creation);
    add_count(out, "llm.token_count.completion_details.reasoning", usage.reasoning);
    if (call.cost) out.number("llm.cost.total", *call.cost);
    if (call.content) {
        add_value(out, "input.value", "input.mime_type", call.content->input_messages);
        add_value(out, "output.value", "output.mime_type", call.content->output_messages);
    }
    add_text(out, "session.id", call.conversation_id);
    add_text(out, "user.id", call.enduser_id);
}

void add_langfuse(AttributeSink& out, const LlmCall& call) {
    out.text("langfuse.observation.type", call.operation == "embeddings" ? "embedding" : "generation");
    if (call.timings.first_token) {
        const auto offset = *call.timings.first_token - call.timings.started;
        out.text("langfuse.observation.completion_start_time",
                 iso_time(call.timings.started_at + std::chrono::duration_cast<WallTime::duration>(offset)));
    }
    if (call.cost) {
        std::string json;
        JsonObject details(json);
        details.number("total", *call.cost);
        details.close();
        out.text("langfuse.observation.cost_details", json);
    }
    if (!call.error_type.empty()) {
        out.text("langfuse.observation.level", "ERROR");
        out.text("langfuse.observation.status_message", call.error_type);
    }
    add_text(out, "langfuse.session.id", call.conversation_id);
    add_text(out, "langfuse.user.id", call.enduser_id);
    if (call.tags.empty()) return;
    std::vector<std::string> tags;
    for (const auto& [name, value] : call.tags) tags.emplace_back(name).append(1, ':').append(value);
    out.texts("langfuse.trace.tags", tags);
}

}  // namespace

void add_profile(AttributeSink& out, const LlmCall& call, TraceProfile profile) {
    if (!call.generation) return;
    switch (profile) {
        case TraceProfile::openinference: return add_openinference(out, call);
        case TraceProfile::langfuse: return add_langfuse(out, call);
    }
}

}  // namespace tokenweir::tracing
