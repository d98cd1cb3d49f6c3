#include "parsers/api.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "parsers/request_path.hpp"

namespace tokenweir::parsers {

namespace {

constexpr Api chat_completions{"openai.chat_completions", "chat", Dialect::openai_chat, true};
constexpr Api responses{"openai.responses", "chat", Dialect::none, true};
constexpr Api responses_other{"openai.responses.other", "other"};
constexpr Api completions{"openai.completions", "text_completion", Dialect::none, true};
constexpr Api embeddings{"openai.embeddings", "embeddings", Dialect::none, true};
constexpr Api images{"openai.images", "image_generation", Dialect::none, true};
constexpr Api speech{"openai.audio_speech", "speech", Dialect::none, true};
constexpr Api transcriptions{"openai.audio_transcriptions", "transcription", Dialect::none, true};
constexpr Api moderations{"openai.moderations", "moderation", Dialect::none, true};
constexpr Api assistants{"openai.assistants", "assistants"};
constexpr Api videos{"openai.videos", "videos"};
constexpr Api realtime_http{"openai.realtime_http", "realtime_http"};
constexpr Api realtime{"realtime.websocket", "realtime", Dialect::none, true};
constexpr Api messages{"anthropic.messages", "chat", Dialect::anthropic_messages, true};
constexpr Api anthropic_count{"anthropic.count_tokens", "count_tokens"};
constexpr Api anthropic_complete{"anthropic.complete", "text_completion", Dialect::none, true};
constexpr Api generate_content{"gemini.generate_content", "chat", Dialect::none, true};
constexpr Api stream_generate_content{"gemini.stream_generate_content", "chat", Dialect::none, true};
constexpr Api gemini_count{"gemini.count_tokens", "count_tokens"};
constexpr Api embed_content{"gemini.embed_content", "embeddings", Dialect::none, true};
constexpr Api interactions{"gemini.interactions", "chat", Dialect::none, true};
constexpr Api interactions_poll{"gemini.interactions", "other"};
constexpr Api cached_contents{"gemini.cached_contents", "cached_contents"};
constexpr Api gemini_other{"gemini.other", "other"};
constexpr Api raw_predict{"vertex.raw_predict", "chat", Dialect::none, true};
constexpr Api stream_raw_predict{"vertex.stream_raw_predict", "chat", Dialect::none, true};
constexpr Api predict{"vertex.predict", "embeddings", Dialect::none, true};
constexpr Api converse{"bedrock.converse", "chat", Dialect::none, true};
constexpr Api converse_stream{"bedrock.converse_stream", "chat", Dialect::none, true};
constexpr Api invoke_model{"bedrock.invoke_model", "chat", Dialect::none, true};
constexpr Api invoke_model_stream{"bedrock.invoke_model_stream", "chat", Dialect::none, true};
constexpr Api bedrock_count{"bedrock.count_tokens", "count_tokens"};
constexpr Api ollama_chat{"ollama.chat", "chat", Dialect::none, true};
constexpr Api ollama_generate{"ollama.generate", "text_completion", Dialect::none, true};
constexpr Api ollama_embed{"ollama.embed", "embeddings", Dialect::none, true};
constexpr Api cohere_chat_v1{"cohere.chat_v1", "chat", Dialect::none, true};
constexpr Api cohere_chat_v2{"cohere.chat_v2", "chat", Dialect::none, true};
constexpr Api cohere_generate{"cohere.generate", "text_completion", Dialect::none, true};
constexpr Api cohere_embed{"cohere.embed", "embeddings", Dialect::none, true};
constexpr Api rerank{"rerank", "rerank", Dialect::none, true};
constexpr Api tgi_generate{"tgi.generate", "text_completion", Dialect::none, true};
constexpr Api tgi_generate_stream{"tgi.generate_stream", "text_completion", Dialect::none, true};
constexpr Api sglang_generate{"sglang.generate", "text_completion", Dialect::none, true};
constexpr Api llamacpp_completion{"llamacpp.completion", "text_completion", Dialect::none, true};
constexpr Api lmstudio_chat{"lmstudio.chat", "chat", Dialect::none, true};
constexpr Api mistral_ocr{"mistral.ocr", "ocr"};
constexpr Api batch{"batch", "batch"};
constexpr Api files{"files", "files"};
constexpr Api models{"models", "models"};
constexpr Api conversations{"conversations", "conversations"};

struct End {
    std::string_view path;
    Api api;
    SharedPath shared = SharedPath::no;
};

/// POST: the end of the path, longer ends before shorter ones that they contain.
constexpr std::array posts{
    End{"/chat/completions", chat_completions},
    End{"/completions", completions},
    End{"/messages/count_tokens", anthropic_count},
    End{"/messages", messages},
    End{"/complete", anthropic_complete},
    End{"/responses", responses},
    End{"/api/embeddings", ollama_embed},
    End{"/embeddings", embeddings},
    End{"/moderations", moderations},
    End{"/rerank", rerank},
    End{"/images/generations", images},
    End{"/images/edits", images},
    End{"/images/variations", images},
    End{"/audio/speech", speech},
    End{"/audio/transcriptions", transcriptions},
    End{"/audio/translations", transcriptions},
    End{"/interactions", interactions},
    End{"/api/v1/chat", lmstudio_chat},
    End{"/api/chat", ollama_chat},
    End{"/api/generate", ollama_generate},
    End{"/api/embed", ollama_embed},
    End{"/v2/chat", cohere_chat_v2},
    End{"/v1/chat", chat_completions, SharedPath::chat},
    End{"/v1/generate", cohere_generate},
    End{"/v1/embed", cohere_embed},
    End{"/v2/embed", cohere_embed},
    End{"/generate_stream", tgi_generate_stream},
    End{"/generate", tgi_generate, SharedPath::generate},
    End{"/invocations", Api{}, SharedPath::invocations},
    End{"/completion", llamacpp_completion},
    End{"/infill", llamacpp_completion},
    End{"/ocr", mistral_ocr},
};

/// Any method: a segment of the path, with or without something behind it.
constexpr std::array collections{
    End{"/messages/batches", batch},
    End{"/batches", batch},
    End{"/threads", assistants},
    End{"/assistants", assistants},
    End{"/responses", responses_other},
    End{"/interactions", interactions_poll},
    End{"/cachedContents", cached_contents},
    End{"/conversations", conversations},
    End{"/videos", videos},
    End{"/realtime", realtime_http},
    End{"/files", files},
    End{"/models", models},
};

struct Verb {
    std::string_view name;
    Api api;
};

constexpr std::array gemini_verbs{
    Verb{"generateContent", generate_content}, Verb{"streamGenerateContent", stream_generate_content},
    Verb{"countTokens", gemini_count},         Verb{"embedContent", embed_content},
    Verb{"batchEmbedContents", embed_content}, Verb{"predict", predict},
    Verb{"rawPredict", raw_predict},           Verb{"streamRawPredict", stream_raw_predict},
};

constexpr std::array bedrock_verbs{
    Verb{"converse", converse},          Verb{"converse-stream", converse_stream},
    Verb{"invoke", invoke_model},        Verb{"invoke-with-response-stream", invoke_model_stream},
    Verb{"count-tokens", bedrock_count},
};

/// With its percent escapes undone.
std::string unescaped(std::string_view path) {
    std::string decoded;
    decoded.reserve(path.size());
    for (std::size_t i = 0; i < path.size(); ++i) {
        unsigned byte = 0;
        const char* const digits = path.data() + i + 1;
        if (path[i] == '%' && i + 2 < path.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
            decoded += static_cast<char>(byte);
            i += 2;
        } else {
            decoded += path[i];
        }
    }
    return decoded;
}

/// What stands between `before` and the next `after`, or nothing.
std::optional<std::string_view> between(const RequestPath& path, std::string_view before, std::string_view after) {
    if (!path.contains(before)) return std::nullopt;  // nearly always, and cheaper than rfind
    const auto begin = path.text().rfind(before);
    const std::string_view rest = path.text().substr(begin + before.size());
    const auto end = rest.find(after);
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    return rest.substr(0, end);
}

std::string query_value(std::string_view target, std::string_view name) {
    const auto question = target.find('?');
    if (question == std::string_view::npos) return {};
    std::string_view query = target.substr(question + 1);
    while (!query.empty()) {
        const auto end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        if (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))
            return unescaped(pair.substr(name.size() + 1));
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    }
    return {};
}

/// /models/<model>:<verb>, as the Gemini API and Vertex AI have it.
std::optional<Classified> with_verb(std::string_view path) {
    if (path.find(':') == std::string_view::npos) return std::nullopt;  // nearly always, and cheaper than rfind
    const auto colon = path.rfind(':');
    if (path.find('/', colon) != std::string_view::npos) return std::nullopt;
    const std::string_view before = path.substr(0, colon);
    const RequestPath resource(before);
    const bool known =
        resource.has_segment("/models") || resource.has_segment("/tunedModels") || resource.has_segment("/endpoints");
    if (!known) return std::nullopt;
    Classified found{gemini_other, SharedPath::no, std::string(before.substr(before.rfind('/') + 1))};
    for (const Verb& verb : gemini_verbs)
        if (path.substr(colon + 1) == verb.name) found.api = verb.api;
    return found;
}

/// /model/<model>/<verb>, as Bedrock has it; the model may be an ARN with slashes.
std::optional<Classified> bedrock(const RequestPath& path) {
    const auto begin = path.find("/model/");
    if (begin == std::string_view::npos) return std::nullopt;
    const auto slash = path.text().rfind('/');
    if (slash <= begin + 7) return std::nullopt;
    const std::string_view model = path.text().substr(begin + 7, slash - begin - 7);
    for (const Verb& verb : bedrock_verbs) {
        if (path.text().substr(slash + 1) != verb.name) continue;
        Classified found{verb.api, SharedPath::no, std::string(model)};
        if (verb.api == invoke_model && model.find("embed") != std::string_view::npos)
            found.api.operation = "embeddings";
        if (verb.api == invoke_model && model.find("rerank") != std::string_view::npos) found.api.operation = "rerank";
        return found;
    }
    return std::nullopt;
}

/// Azure names its deployment, Hugging Face's old endpoints the model.
std::string model_in(const RequestPath& path) {
    if (const auto deployment = between(path, "/deployments/", "/")) return std::string(*deployment);
    if (const auto model = between(path, "/models/", "/v1/"); model && model->find('/') != std::string_view::npos)
        return std::string(*model);
    return {};
}

Classified post(const RequestPath& path) {
    if (auto found = bedrock(path)) return *std::move(found);
    if (auto found = with_verb(path.text())) return *std::move(found);
    if (path.has_segment("/threads")) return {assistants, SharedPath::no, {}};
    for (const End& end : posts)
        if (path.text().ends_with(end.path)) return {end.api, end.shared, model_in(path)};
    if (path.text() == "/" || path.text().empty()) return {Api{}, SharedPath::root, {}};
    for (const End& end : collections)
        if (path.has_segment(end.path)) return {end.api, SharedPath::no, {}};
    return {};
}

}  // namespace

Classified classify(std::string_view method, std::string_view target, bool upgrade) {
    std::string decoded;
    std::string_view text = path_of(target);
    if (text.find('%') != std::string_view::npos) text = decoded = unescaped(text);
    while (text.size() > 1 && text.ends_with('/')) text.remove_suffix(1);
    const RequestPath path(text);
    if (upgrade) {
        if (text.ends_with("/responses")) return {responses, SharedPath::no, {}};
        if (path.has_segment("/realtime") || text.find("BidiGenerateContent") != std::string_view::npos) {
            std::string model = query_value(target, "model");
            return {realtime, SharedPath::no, model.empty() ? query_value(target, "deployment") : model};
        }
        return {};
    }
    if (method == "POST") return post(path);
    if (method == "HEAD" || method == "OPTIONS") return {};
    for (const End& end : collections)
        if (path.has_segment(end.path) && !text.ends_with("/chat/completions")) return {end.api, SharedPath::no, {}};
    return {};
}

Api resolve(SharedPath shared, const BodySigns& signs) noexcept {
    switch (shared) {
        case SharedPath::no: return {};
        case SharedPath::chat: return signs.message && !signs.messages ? cohere_chat_v1 : chat_completions;
        case SharedPath::generate:
            if (signs.inputs) return tgi_generate;
            if (signs.text || signs.input_ids) return sglang_generate;
            return signs.prompt ? cohere_generate : Api{};
        case SharedPath::root: return signs.inputs ? tgi_generate : Api{};
        case SharedPath::invocations:
            if (signs.messages) return chat_completions;
            if (signs.inputs) return tgi_generate;
            return signs.prompt ? completions : Api{};
    }
    return {};
}

}  // namespace tokenweir::parsers
