/// OpenAI Chat Completions.
#include <algorithm>

#include "mock/dialect.hpp"
#include "mock/json_text.hpp"

namespace tokenweir::mock {
namespace {

std::string_view finish_reason(const Answer& answer) {
    switch (answer.finish) {
        case Finish::stop:
        case Finish::refusal: return "stop";
        case Finish::length: return "length";
        case Finish::tool_calls: return "tool_calls";
    }
    return "stop";
}

std::string usage_json(const Usage& usage) {
    const std::uint64_t prompt = usage.input + usage.cache_read + usage.cache_write;
    std::string json = "{\"prompt_tokens\":" + std::to_string(prompt);
    json += ",\"completion_tokens\":" + std::to_string(usage.output);
    json += ",\"total_tokens\":" + std::to_string(prompt + usage.output);
    json += ",\"prompt_tokens_details\":{\"cached_tokens\":" + std::to_string(usage.cache_read);
    if (usage.cache_write > 0) json += ",\"cache_write_tokens\":" + std::to_string(usage.cache_write);
    json +=
        ",\"audio_tokens\":0},\"completion_tokens_details\":{\"reasoning_tokens\":" + std::to_string(usage.reasoning);
    json += ",\"audio_tokens\":0,\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0}}";
    return json;
}

/// What a completion and each of its chunks begin with.
std::string opening(const Answer& answer, std::string_view object) {
    std::string json = "{\"id\":\"chatcmpl-" + answer.stamp.unique + "\",\"object\":\"";
    json.append(object).append("\",\"created\":").append(std::to_string(answer.stamp.unix_seconds));
    json.append(",\"model\":").append(quoted(answer.model));
    json.append(",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_mock\",\"choices\":[");
    return json;
}

std::string chunk(const Answer& answer, std::string_view choices, std::string_view usage) {
    std::string event = "data: " + opening(answer, "chat.completion.chunk");
    event.append(choices).append("]");
    if (!usage.empty()) event.append(",\"usage\":").append(usage);
    return event + "}\n\n";
}

/// A chunk with one choice; it says that its usage is null exactly when the stream will report usage.
std::string delta_chunk(const Answer& answer, std::string_view delta, std::string_view finish = "null") {
    std::string choice = "{\"index\":0,\"delta\":{";
    choice.append(delta).append("},\"logprobs\":null,\"finish_reason\":").append(finish).append("}");
    return chunk(answer, choice, answer.include_usage ? "null" : "");
}

std::string tool_call(const Answer& answer, std::size_t block, std::string_view arguments) {
    std::string json = "\"id\":\"call_" + answer.stamp.unique + std::to_string(block);
    json.append("\",\"type\":\"function\",\"function\":{\"name\":").append(quoted(answer.blocks[block].tool_name));
    return json.append(",\"arguments\":").append(quoted(arguments)).append("}}");
}

std::string message(const Answer& answer) {
    std::string content = "null", refusal = "null", calls;
    for (std::size_t i = 0; i < answer.blocks.size(); ++i) {
        const std::string text = block_text(answer.blocks[i]);
        switch (answer.blocks[i].kind) {
            case Block::Kind::text: content = quoted(text); break;
            case Block::Kind::refusal: refusal = quoted(text); break;
            case Block::Kind::thinking: break;
            case Block::Kind::tool_call:
                calls.append(calls.empty() ? "{" : ",{").append(tool_call(answer, i, text));
                break;
        }
    }
    std::string json = "{\"role\":\"assistant\",\"content\":" + content + ",\"refusal\":" + refusal;
    if (!calls.empty()) json += ",\"tool_calls\":[" + calls + "]";
    return json + ",\"annotations\":[]}";
}

/// The provider's words for a status.
std::string error_object(std::uint32_t status, std::string_view message) {
    std::string_view type = status >= 500 ? "server_error" : "invalid_request_error";
    std::string_view code = "null";
    switch (status) {
        case 401: code = "\"invalid_api_key\""; break;
        case 404: code = "\"model_not_found\""; break;
        case 429: type = "requests", code = "\"rate_limit_exceeded\""; break;
        case 503: code = "\"service_unavailable\""; break;
        default: break;
    }
    std::string json = "{\"error\":{\"message\":" + quoted(message);
    json.append(",\"type\":\"").append(type).append("\",\"param\":null,\"code\":").append(code).append("}}");
    return json;
}

class OpenAi final : public Dialect {
public:
    bool shows_thinking() const noexcept override { return false; }

    void begin(const Answer& answer, Events& out) const override {
        const bool speaks = answer.blocks.front().kind != Block::Kind::tool_call;
        out.push_back(delta_chunk(answer, speaks ? "\"role\":\"assistant\",\"content\":\"\",\"refusal\":null"
                                                 : "\"role\":\"assistant\",\"content\":null,\"refusal\":null"));
    }

    void start_block(const Answer& answer, std::size_t block, Events& out) const override {
        if (answer.blocks[block].kind != Block::Kind::tool_call) return;
        std::string delta = "\"tool_calls\":[{\"index\":" + std::to_string(block) + ",";
        delta += tool_call(answer, block, answer.blocks[block].tokens == 0 ? "{}" : "");
        out.push_back(delta_chunk(answer, delta + "]"));
    }

    void delta(const Answer& answer, std::size_t block, std::string_view text, Events& out) const override {
        switch (answer.blocks[block].kind) {
            case Block::Kind::text: out.push_back(delta_chunk(answer, "\"content\":" + quoted(text))); break;
            case Block::Kind::refusal: out.push_back(delta_chunk(answer, "\"refusal\":" + quoted(text))); break;
            case Block::Kind::thinking: break;
            case Block::Kind::tool_call:
                out.push_back(delta_chunk(answer, "\"tool_calls\":[{\"index\":" + std::to_string(block) +
                                                      ",\"function\":{\"arguments\":" + quoted(text) + "}}]"));
                break;
        }
    }

    void stop_block(const Answer&, std::size_t, Events&) const override {}

    void end(const Answer& answer, Events& out) const override {
        out.push_back(delta_chunk(answer, "", '"' + std::string(finish_reason(answer)) + '"'));
        if (answer.include_usage) out.push_back(chunk(answer, "", usage_json(answer.usage)));
        if (!answer.no_done) out.emplace_back("data: [DONE]\n\n");
    }

    std::string error_event(std::uint32_t status, std::string_view text) const override {
        return "data: " + error_object(status, text) + "\n\n";
    }

    std::string whole(const Answer& answer) const override {
        std::string json = opening(answer, "chat.completion") + "{\"index\":0,\"message\":" + message(answer);
        json.append(",\"logprobs\":null,\"finish_reason\":\"").append(finish_reason(answer));
        return json.append("\"}],\"usage\":").append(usage_json(answer.usage)).append("}");
    }

    std::string error(std::uint32_t status, std::string_view text, const Stamp&) const override {
        return error_object(status, text);
    }

    std::uint32_t stream_error_status() const noexcept override { return 500; }

    std::string models(const Stamp& stamp) const override {
        std::string json = "{\"object\":\"list\",\"data\":[{\"id\":" + quoted(mock_model);
        return json + ",\"object\":\"model\",\"created\":" + std::to_string(stamp.unix_seconds) +
               ",\"owned_by\":\"tokenweir\"}]}";
    }

    std::string header_lines(const Stamp& stamp, const Usage& spent) const override {
        constexpr std::uint64_t limit = 2'000'000;
        const std::uint64_t tokens = spent.input + spent.cache_read + spent.cache_write + spent.output;
        return "x-request-id: req_" + stamp.unique +
               "\r\nopenai-organization: mock\r\nopenai-version: 2020-10-01\r\nopenai-processing-ms: 1"
               "\r\nx-ratelimit-limit-requests: 10000\r\nx-ratelimit-remaining-requests: 9999"
               "\r\nx-ratelimit-reset-requests: 6ms\r\nx-ratelimit-limit-tokens: " +
               std::to_string(limit) +
               "\r\nx-ratelimit-remaining-tokens: " + std::to_string(limit - std::min(limit, tokens)) +
               "\r\nx-ratelimit-reset-tokens: 1ms\r\n";
    }
};

}  // namespace

const Dialect& openai() noexcept {
    static constinit const OpenAi dialect;
    return dialect;
}

}  // namespace tokenweir::mock
