#include "parsers/provider.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace tokenweir;
using namespace tokenweir::parsers;

namespace {

struct Row {
    const char* provider;
    const char* host = "";
    std::uint16_t port = 443;
    const char* path = "";
    const char* api = "openai.chat_completions";
    std::vector<Field> fields = {};
};

const Row rows[] = {
    {"openai", "api.openai.com"},
    {"openai", "EU.API.OPENAI.COM"},
    {"azure.ai.openai", "mine.openai.azure.com"},
    {"azure.ai.inference", "mine.services.ai.azure.com"},
    {"anthropic", "api.anthropic.com"},
    {"gcp.gemini", "generativelanguage.googleapis.com"},
    {"gcp.vertex_ai", "us-east5-aiplatform.googleapis.com"},
    {"gcp.vertex_ai", "aiplatform.googleapis.com"},
    {"aws.bedrock", "bedrock-runtime.us-east-1.amazonaws.com"},
    {"aws.bedrock", "bedrock-mantle.eu-west-1.api.aws"},
    {"mistral_ai", "api.mistral.ai"},
    {"x_ai", "api.x.ai"},
    {"zai", "api.z.ai"},
    {"groq", "api.groq.com"},
    {"openrouter", "openrouter.ai"},
    {"huggingface", "router.huggingface.co"},
    {"openai", "notx.ai.example"},
    {"azure.ai.openai", "gateway.example", 443, "/openai/deployments/d/chat/completions"},
    {"gcp.vertex_ai", "gateway.example", 443, "/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict"},
    {"ollama", "127.0.0.1", 11434},
    {"lmstudio", "localhost", 1234},
    {"aws.bedrock",
     "gateway.example",
     443,
     "",
     "openai.chat_completions",
     {{"Authorization", "AWS4-HMAC-SHA256 Credential=x"}}},
    {"openrouter", "gateway.example", 443, "", "openai.chat_completions", {{"Authorization", "Bearer sk-or-v1-x"}}},
    {"anthropic", "gateway.example", 443, "", "openai.chat_completions", {{"anthropic-version", "2023-06-01"}}},
    {"anthropic", "gateway.example", 443, "", "anthropic.messages"},
    {"openai", "gateway.example"},
    {"cohere", "gateway.example", 443, "", "cohere.chat_v2"},
    {"", "gateway.example", 443, "", "unknown"},
    {"", "gateway.example", 443, "", "rerank"},
};

}  // namespace

TEST_SUITE("provider") {
    TEST_CASE("is recognised by host and path and headers and at last by the wire format") {
        for (const Row& row : rows) {
            CAPTURE(row.host);
            CAPTURE(row.path);
            CAPTURE(row.api);
            const std::string_view by_host = provider_of_host(row.host);
            const RequestFields fields(row.fields);
            CHECK((by_host.empty() ? recognise_provider({row.port, row.path, row.api, fields}) : by_host) ==
                  row.provider);
        }
    }
}
