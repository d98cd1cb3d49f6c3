#include "parsers/api.hpp"

#include <doctest/doctest.h>

using namespace tokenweir::parsers;

namespace {

struct Row {
    const char* method;
    const char* target;
    const char* api;
    const char* operation;
    bool generation;
    const char* model = "";
};

const Row rows[] = {
    {"POST", "/v1/chat/completions", "openai.chat_completions", "chat", true},
    {"POST", "/chat/completions", "openai.chat_completions", "chat", true},
    {"POST", "/api/v1/chat/completions?x=/v1/messages", "openai.chat_completions", "chat", true},
    {"POST", "/v1/chat/completions/", "openai.chat_completions", "chat", true},
    {"POST", "/v1/chat%2Fcompletions", "openai.chat_completions", "chat", true},
    {"POST", "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21", "openai.chat_completions", "chat",
     true, "my-gpt"},
    {"POST", "/models/chat/completions?api-version=1", "openai.chat_completions", "chat", true},
    {"POST", "/models/org/name-7b/v1/chat/completions", "openai.chat_completions", "chat", true, "org/name-7b"},
    {"GET", "/v1/chat/completions", "unknown", "", false},
    {"POST", "/v1/completions", "openai.completions", "text_completion", true},
    {"POST", "/v1/responses", "openai.responses", "chat", true},
    {"POST", "/backend-api/codex/responses", "openai.responses", "chat", true},
    {"GET", "/v1/responses/resp_1?stream=true", "openai.responses.other", "other", false},
    {"POST", "/v1/responses/resp_1/cancel", "openai.responses.other", "other", false},
    {"POST", "/v1/responses/input_tokens", "openai.responses.other", "other", false},
    {"POST", "/v1/embeddings", "openai.embeddings", "embeddings", true},
    {"POST", "/v1/moderations", "openai.moderations", "moderation", true},
    {"POST", "/v1/images/edits", "openai.images", "image_generation", true},
    {"POST", "/v1/audio/speech", "openai.audio_speech", "speech", true},
    {"POST", "/v1/audio/translations", "openai.audio_transcriptions", "transcription", true},
    {"POST", "/v1/videos", "openai.videos", "videos", false},
    {"POST", "/v1/batches", "batch", "batch", false},
    {"GET", "/v1/files/file-1/content", "files", "files", false},
    {"GET", "/v1/models", "models", "models", false},
    {"GET", "/v1beta/models/gemini-x", "models", "models", false},
    {"POST", "/v1/conversations", "conversations", "conversations", false},
    {"POST", "/v1/threads/thread_1/messages", "openai.assistants", "assistants", false},
    {"POST", "/v1/realtime/client_secrets", "openai.realtime_http", "realtime_http", false},
    {"POST", "/v1/messages", "anthropic.messages", "chat", true},
    {"POST", "/anthropic/v1/messages?beta=true", "anthropic.messages", "chat", true},
    {"POST", "/v1/messages/count_tokens", "anthropic.count_tokens", "count_tokens", false},
    {"POST", "/v1/messages/batches", "batch", "batch", false},
    {"GET", "/v1/messages/batches/b_1/results", "batch", "batch", false},
    {"POST", "/v1/complete", "anthropic.complete", "text_completion", true},
    {"POST", "/v1beta/models/gemini-x:generateContent", "gemini.generate_content", "chat", true, "gemini-x"},
    {"POST", "/v1beta/models/gemini-x:streamGenerateContent?alt=sse&key=1", "gemini.stream_generate_content", "chat",
     true, "gemini-x"},
    {"POST", "/v1/projects/p/locations/l/publishers/google/models/gemini-x:countTokens", "gemini.count_tokens",
     "count_tokens", false, "gemini-x"},
    {"POST", "/v1beta/models/e:batchEmbedContents", "gemini.embed_content", "embeddings", true, "e"},
    {"POST", "/v1beta/models/gemini-x:batchGenerateContent", "gemini.other", "other", false, "gemini-x"},
    {"POST", "/v1/projects/p/locations/l/publishers/anthropic/models/claude@20250219:streamRawPredict",
     "vertex.stream_raw_predict", "chat", true, "claude@20250219"},
    {"POST", "/v1/projects/p/locations/l/publishers/anthropic/models/claude@20250219:rawPredict", "vertex.raw_predict",
     "chat", true, "claude@20250219"},
    {"POST", "/v1/projects/p/locations/l/publishers/google/models/emb-1:predict", "vertex.predict", "embeddings", true,
     "emb-1"},
    {"POST", "/v1beta/interactions", "gemini.interactions", "chat", true},
    {"GET", "/v1beta/interactions/v1_x", "gemini.interactions", "other", false},
    {"POST", "/v1beta/cachedContents", "gemini.cached_contents", "cached_contents", false},
    {"POST", "/model/amazon.nova-lite-v1%3A0/converse", "bedrock.converse", "chat", true, "amazon.nova-lite-v1:0"},
    {"POST", "/model/m/converse-stream", "bedrock.converse_stream", "chat", true, "m"},
    {"POST", "/model/arn%3Aaws%3Abedrock%3Aeu%3A1%3Ainference-profile%2Fm/invoke", "bedrock.invoke_model", "chat", true,
     "arn:aws:bedrock:eu:1:inference-profile/m"},
    {"POST", "/model/m/invoke-with-response-stream", "bedrock.invoke_model_stream", "chat", true, "m"},
    {"POST", "/model/amazon.titan-embed-text-v2:0/invoke", "bedrock.invoke_model", "embeddings", true,
     "amazon.titan-embed-text-v2:0"},
    {"POST", "/model/m/count-tokens", "bedrock.count_tokens", "count_tokens", false, "m"},
    {"POST", "/api/chat", "ollama.chat", "chat", true},
    {"POST", "/api/generate", "ollama.generate", "text_completion", true},
    {"POST", "/api/embed", "ollama.embed", "embeddings", true},
    {"POST", "/api/embeddings", "ollama.embed", "embeddings", true},
    {"POST", "/v2/chat", "cohere.chat_v2", "chat", true},
    {"POST", "/v1/generate", "cohere.generate", "text_completion", true},
    {"POST", "/v2/embed", "cohere.embed", "embeddings", true},
    {"POST", "/v2/rerank", "rerank", "rerank", true},
    {"POST", "/generate_stream", "tgi.generate_stream", "text_completion", true},
    {"POST", "/completion", "llamacpp.completion", "text_completion", true},
    {"POST", "/infill", "llamacpp.completion", "text_completion", true},
    {"POST", "/api/v1/chat", "lmstudio.chat", "chat", true},
    {"POST", "/api/v0/chat/completions", "openai.chat_completions", "chat", true},
    {"POST", "/v1/ocr", "mistral.ocr", "ocr", false},
    {"GET", "/", "unknown", "", false},
    {"POST", "/v1/unheard-of", "unknown", "", false},
    {"POST", "/v1/messages%", "unknown", "", false},
    {"POST", "", "unknown", "", false},
};

}  // namespace

TEST_SUITE("api") {
    TEST_CASE("the end of the path names the wire format") {
        for (const Row& row : rows) {
            CAPTURE(row.method);
            CAPTURE(row.target);
            const Classified got = classify(row.method, row.target, false);
            CHECK(got.api.id == row.api);
            CHECK(got.api.operation == row.operation);
            CHECK(got.api.generation == row.generation);
            CHECK(got.model == row.model);
        }
    }

    TEST_CASE("a WebSocket is a session and names its model in the query") {
        CHECK(classify("GET", "/v1/realtime?model=voice-1", true).api.id == "realtime.websocket");
        CHECK(classify("GET", "/v1/realtime?model=voice-1", true).model == "voice-1");
        CHECK(classify("GET", "/openai/realtime?api-version=1&deployment=d%2D1", true).model == "d-1");
        CHECK(classify("GET", "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent", true)
                  .api.id == "realtime.websocket");
        CHECK(classify("GET", "/v1/responses", true).api.id == "openai.responses");
        CHECK(classify("GET", "/chat", true).api == Api{});
    }

    TEST_CASE("the body settles what a path leaves open") {
        struct Case {
            const char* target;
            BodySigns signs;
            const char* api;
        };
        const Case cases[] = {
            {"/v1/chat", {.message = true}, "cohere.chat_v1"},
            {"/v1/chat", {.messages = true}, "openai.chat_completions"},
            {"/generate", {.inputs = true}, "tgi.generate"},
            {"/generate", {.text = true}, "sglang.generate"},
            {"/generate", {.input_ids = true}, "sglang.generate"},
            {"/generate", {.prompt = true}, "cohere.generate"},
            {"/generate", {}, "unknown"},
            {"/", {.inputs = true}, "tgi.generate"},
            {"/", {.messages = true}, "unknown"},
            {"/invocations", {.messages = true}, "openai.chat_completions"},
            {"/invocations", {.inputs = true}, "tgi.generate"},
        };
        for (const Case& one : cases) {
            CAPTURE(one.target);
            CHECK(resolve(classify("POST", one.target, false).shared, one.signs).id == one.api);
        }
    }
}
