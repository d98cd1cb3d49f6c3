/// Anthropic Messages.
#include <algorithm>

#include "mock/dialect.hpp"
#include "mock/json_text.hpp"
#include "mock/time_text.hpp"

namespace tokenweir::mock {
namespace {

constexpr std::string_view signature = "bW9jaw==";  // opaque to clients

std::string_view stop_reason(Finish finish) {
    switch (finish) {
        case Finish::stop: return "end_turn";
        case Finish::length: return "max_tokens";
        case Finish::tool_calls: return "tool_use";
        case Finish::refusal: return "refusal";
    }
    return "end_turn";
}

/// Input without the cache's parts; each count stands beside the others.
std::string input_counts(const Usage& usage) {
    return "\"input_tokens\":" + std::to_string(usage.input) +
           ",\"cache_creation_input_tokens\":" + std::to_string(usage.cache_write) +
           ",\"cache_read_input_tokens\":" + std::to_string(usage.cache_read);
}

std::string output_counts(const Usage& usage) {
    std::string json = ",\"output_tokens\":" + std::to_string(usage.output);
    if (usage.reasoning > 0)
        json += ",\"output_tokens_details\":{\"thinking_tokens\":" + std::to_string(usage.reasoning) + "}";
    return json;
}

std::string full_usage(const Usage& usage, std::string_view output) {
    std::string json = "{";
    json +=
        input_counts(usage) + ",\"cache_creation\":{\"ephemeral_5m_input_tokens\":" + std::to_string(usage.cache_write);
    return json.append(",\"ephemeral_1h_input_tokens\":0}").append(output).append(",\"service_tier\":\"standard\"}");
}

std::string message(const Answer& answer, std::string_view content, std::string_view reason, std::string_view output) {
    std::string json =
        "{\"id\":\"msg_" + answer.stamp.unique + "\",\"type\":\"message\",\"role\":\"assistant\",\"model\":";
    json.append(quoted(answer.model))
        .append(",\"content\":[")
        .append(content)
        .append("],\"stop_reason\":")
        .append(reason);
    return json.append(",\"stop_sequence\":null,\"usage\":").append(full_usage(answer.usage, output)).append("}");
}

/// A content block that holds `text` already; of a tool, `text` is its input.
std::string content_block(const Answer& answer, std::size_t index, std::string_view text, std::string_view sign) {
    const Block& block = answer.blocks[index];
    switch (block.kind) {
        case Block::Kind::text:
        case Block::Kind::refusal: return "{\"type\":\"text\",\"text\":" + quoted(text) + "}";
        case Block::Kind::thinking:
            return "{\"type\":\"thinking\",\"thinking\":" + quoted(text) + ",\"signature\":" + quoted(sign) + "}";
        case Block::Kind::tool_call:
            return "{\"type\":\"tool_use\",\"id\":\"toolu_" + answer.stamp.unique + std::to_string(index) +
                   "\",\"name\":" + quoted(block.tool_name) + ",\"input\":" + std::string(text) + "}";
    }
    return {};
}

/// `rest` is what follows the type in the event's object, with its leading comma.
std::string event(std::string_view type, std::string_view rest = {}) {
    std::string text = "event: ";
    text.append(type).append("\ndata: {\"type\":\"").append(type).append("\"").append(rest).append("}\n\n");
    return text;
}

std::string at(std::size_t block) { return ",\"index\":" + std::to_string(block); }

std::string_view error_type(std::uint32_t status) {
    switch (status) {
        case 401: return "authentication_error";
        case 402: return "billing_error";
        case 403: return "permission_error";
        case 404: return "not_found_error";
        case 413: return "request_too_large";
        case 429: return "rate_limit_error";
        case 504: return "timeout_error";
        case 529: return "overloaded_error";
        default: return status >= 500 ? "api_error" : "invalid_request_error";
    }
}

std::string error_field(std::uint32_t status, std::string_view text) {
    std::string json = ",\"error\":{\"type\":\"";
    return json.append(error_type(status)).append("\",\"message\":").append(quoted(text)).append("}");
}

class Anthropic final : public Dialect {
public:
    bool shows_thinking() const noexcept override { return true; }

    void begin(const Answer& answer, Events& out) const override {
        // The count in message_start is a placeholder; message_delta has the real one.
        out.push_back(event("message_start", ",\"message\":" + message(answer, "", "null", ",\"output_tokens\":1")));
        out.push_back(event("ping"));
    }

    void start_block(const Answer& answer, std::size_t block, Events& out) const override {
        const bool is_tool = answer.blocks[block].kind == Block::Kind::tool_call;
        const std::string empty = content_block(answer, block, is_tool ? "{}" : "", "");
        out.push_back(event("content_block_start", at(block) + ",\"content_block\":" + empty));
    }

    void delta(const Answer& answer, std::size_t block, std::string_view text, Events& out) const override {
        std::string delta;
        switch (answer.blocks[block].kind) {
            case Block::Kind::text:
            case Block::Kind::refusal: delta = "{\"type\":\"text_delta\",\"text\":"; break;
            case Block::Kind::thinking: delta = "{\"type\":\"thinking_delta\",\"thinking\":"; break;
            case Block::Kind::tool_call: delta = "{\"type\":\"input_json_delta\",\"partial_json\":"; break;
        }
        out.push_back(event("content_block_delta", at(block) + ",\"delta\":" + delta + quoted(text) + "}"));
    }

    void stop_block(const Answer& answer, std::size_t block, Events& out) const override {
        if (answer.blocks[block].kind == Block::Kind::thinking)
            out.push_back(
                event("content_block_delta",
                      at(block) + ",\"delta\":{\"type\":\"signature_delta\",\"signature\":" + quoted(signature) + "}"));
        out.push_back(event("content_block_stop", at(block)));
    }

    void end(const Answer& answer, Events& out) const override {
        std::string rest = ",\"delta\":{\"stop_reason\":\"";
        rest.append(stop_reason(answer.finish)).append("\",\"stop_sequence\":null},\"usage\":{");
        rest.append(input_counts(answer.usage)).append(output_counts(answer.usage)).append("}");
        out.push_back(event("message_delta", rest));
        if (!answer.no_done) out.push_back(event("message_stop"));
    }

    std::string error_event(std::uint32_t status, std::string_view text) const override {
        return event("error", error_field(status, text));
    }

    std::string whole(const Answer& answer) const override {
        std::string content;
        for (std::size_t i = 0; i < answer.blocks.size(); ++i)
            content.append(i == 0 ? "" : ",").append(content_block(answer, i, block_text(answer.blocks[i]), signature));
        const std::string reason = '"' + std::string(stop_reason(answer.finish)) + '"';
        return message(answer, content, reason, output_counts(answer.usage));
    }

    std::string error(std::uint32_t status, std::string_view text, const Stamp& stamp) const override {
        return "{\"type\":\"error\"" + error_field(status, text) + ",\"request_id\":\"req_" + stamp.unique + "\"}";
    }

    std::uint32_t stream_error_status() const noexcept override { return 529; }

    std::string models(const Stamp& stamp) const override {
        const std::string id = quoted(mock_model);
        return "{\"data\":[{\"type\":\"model\",\"id\":" + id + ",\"display_name\":\"Mock model\",\"created_at\":\"" +
               rfc3339(stamp.unix_seconds) + "\"}],\"has_more\":false,\"first_id\":" + id + ",\"last_id\":" + id + "}";
    }

    std::string header_lines(const Stamp& stamp, const Usage& spent) const override {
        const std::string reset = rfc3339(stamp.unix_seconds + 1);
        std::string lines = "request-id: req_" + stamp.unique + "\r\nanthropic-organization-id: mock\r\n";
        const auto add = [&](std::string_view resource, std::uint64_t limit, std::uint64_t used) {
            const std::string name = "anthropic-ratelimit-" + std::string(resource);
            lines += name + "-limit: " + std::to_string(limit) + "\r\n";
            lines += name + "-remaining: " + std::to_string(limit - std::min(limit, used)) + "\r\n";
            lines += name + "-reset: " + reset + "\r\n";
        };
        const std::uint64_t input = spent.input + spent.cache_write;  // cache reads are free of the limit
        add("requests", 4000, 1);
        add("input-tokens", 4'000'000, input);
        add("output-tokens", 800'000, spent.output);
        add("tokens", 4'800'000, input + spent.output);
        return lines;
    }
};

}  // namespace

const Dialect& anthropic() noexcept {
    static constinit const Anthropic dialect;
    return dialect;
}

}  // namespace tokenweir::mock
