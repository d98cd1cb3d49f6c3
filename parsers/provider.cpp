#include "parsers/provider.hpp"

#include <array>

#include "parsers/request_path.hpp"

namespace tokenweir::parsers {

namespace {

struct Host {
    std::string_view end;  // the whole host, or what follows a dot; with a dash, what the label ends with
    std::string_view provider;
};

constexpr std::array hosts{
    Host{"api.openai.com", "openai"},
    Host{"chatgpt.com", "openai"},
    Host{"openai.azure.com", "azure.ai.openai"},
    Host{"cognitiveservices.azure.com", "azure.ai.openai"},
    Host{"services.ai.azure.com", "azure.ai.inference"},
    Host{"inference.ai.azure.com", "azure.ai.inference"},
    Host{"anthropic.com", "anthropic"},
    Host{"generativelanguage.googleapis.com", "gcp.gemini"},
    Host{"aiplatform.googleapis.com", "gcp.vertex_ai"},
    Host{"-aiplatform.googleapis.com", "gcp.vertex_ai"},
    Host{"amazonaws.com", "aws.bedrock"},
    Host{"api.aws", "aws.bedrock"},
    Host{"mistral.ai", "mistral_ai"},
    Host{"groq.com", "groq"},
    Host{"x.ai", "x_ai"},
    Host{"deepseek.com", "deepseek"},
    Host{"openrouter.ai", "openrouter"},
    Host{"cohere.com", "cohere"},
    Host{"cohere.ai", "cohere"},
    Host{"perplexity.ai", "perplexity"},
    Host{"moonshot.ai", "moonshot_ai"},
    Host{"moonshot.cn", "moonshot_ai"},
    Host{"together.ai", "together"},
    Host{"together.xyz", "together"},
    Host{"fireworks.ai", "fireworks"},
    Host{"cerebras.ai", "cerebras"},
    Host{"huggingface.co", "huggingface"},
    Host{"huggingface.cloud", "huggingface"},
    Host{"voyageai.com", "voyage"},
    Host{"venice.ai", "venice"},
    Host{"z.ai", "zai"},
    Host{"bigmodel.cn", "zai"},
    Host{"aliyuncs.com", "alibaba"},
    Host{"cloudflare.com", "cloudflare"},
    Host{"databricks.com", "databricks"},
    Host{"azuredatabricks.net", "databricks"},
    Host{"snowflakecomputing.com", "snowflake"},
    Host{"githubcopilot.com", "copilot"},
    Host{"writer.com", "writer"},
    Host{"ai-gateway.vercel.sh", "vercel-gateway"},
    Host{"replicate.com", "replicate"},
    Host{"ml.cloud.ibm.com", "ibm.watsonx.ai"},
};

bool ends_host(std::string_view host, std::string_view end) noexcept {
    if (host.size() < end.size() || !iequals(host.substr(host.size() - end.size()), end)) return false;
    return end.front() == '-' || host.size() == end.size() || host[host.size() - end.size() - 1] == '.';
}

struct Flavour {
    std::string_view start;  // of the wire format's name
    std::string_view provider;
};

constexpr std::array flavours{
    Flavour{"openai.", "openai"},        Flavour{"anthropic.", "anthropic"}, Flavour{"gemini.", "gcp.gemini"},
    Flavour{"vertex.", "gcp.vertex_ai"}, Flavour{"bedrock.", "aws.bedrock"}, Flavour{"ollama.", "ollama"},
    Flavour{"cohere.", "cohere"},        Flavour{"mistral.", "mistral_ai"},  Flavour{"tgi.", "tgi"},
    Flavour{"sglang.", "sglang"},        Flavour{"llamacpp.", "llamacpp"},   Flavour{"lmstudio.", "lmstudio"},
};

std::string_view by_port(std::uint16_t port) noexcept {
    switch (port) {
        case 11434: return "ollama";
        case 1234: return "lmstudio";
        default: return {};
    }
}

std::string_view by_path(const RequestPath& path) noexcept {
    if (path.contains("/openai/deployments/")) return "azure.ai.openai";
    if (path.contains("/publishers/")) return "gcp.vertex_ai";
    if (path.contains("/serving-endpoints/")) return "databricks";
    if (path.contains("/v1beta/openai/")) return "gcp.gemini";
    return {};
}

std::string_view by_fields(const RequestFields& fields) noexcept {
    const std::string_view key = fields[KnownField::authorization];
    if (key.starts_with("AWS4-HMAC-SHA256")) return "aws.bedrock";
    if (key.find("sk-or-") != std::string_view::npos) return "openrouter";
    if (fields.has(KnownField::anthropic_version)) return "anthropic";
    if (fields.has(KnownField::x_goog_api_key)) return "gcp.gemini";
    const bool openai = fields.has(KnownField::openai_organization) || fields.has(KnownField::openai_project);
    return openai ? "openai" : std::string_view();
}

}  // namespace

std::string_view provider_of_host(std::string_view host) noexcept {
    for (const Host& known : hosts)
        if (ends_host(host, known.end)) return known.provider;
    return {};
}

std::string_view recognise_provider(const ProviderSigns& signs) noexcept {
    if (const auto provider = by_path(RequestPath(signs.path)); !provider.empty()) return provider;
    if (const auto provider = by_port(signs.port); !provider.empty()) return provider;
    if (const auto provider = by_fields(signs.fields); !provider.empty()) return provider;
    for (const Flavour& flavour : flavours)
        if (signs.api.starts_with(flavour.start)) return flavour.provider;
    return {};
}

}  // namespace tokenweir::parsers
