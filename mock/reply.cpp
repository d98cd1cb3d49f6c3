#include "mock/reply.hpp"

#include <utility>

namespace tokenweir::mock {
namespace {

enum class Endpoint : std::uint8_t { hello, chat_completions, messages, count_tokens, models, unknown };

/// By the end of the path, so that it works below any prefix.
Endpoint endpoint_of(std::string_view target) noexcept {
    const std::string_view path = target.substr(0, target.find('?'));
    if (path == "/") return Endpoint::hello;
    if (path.ends_with("/chat/completions")) return Endpoint::chat_completions;
    if (path.ends_with("/messages")) return Endpoint::messages;
    if (path.ends_with("/messages/count_tokens")) return Endpoint::count_tokens;
    if (path.ends_with("/models")) return Endpoint::models;
    return Endpoint::unknown;
}

/// The model list has one path for both; Anthropic's clients name their version.
const Dialect& dialect_of(Endpoint endpoint, Fields fields) noexcept {
    switch (endpoint) {
        case Endpoint::messages:
        case Endpoint::count_tokens: return anthropic();
        case Endpoint::models: return find_field(fields, "anthropic-version") ? anthropic() : openai();
        case Endpoint::hello:
        case Endpoint::chat_completions:
        case Endpoint::unknown: return openai();
    }
    return openai();
}

constexpr std::string_view token_word = "token ";  // what every token of a text begins with

constexpr std::string_view hello_text =
    "Tokenweir's mock LLM endpoint.\n"
    "POST .../v1/chat/completions (OpenAI), POST .../v1/messages (Anthropic), GET .../v1/models\n"
    "The x-mock- request headers set timing and faults; see docs/mock.md.\n";

Reply json_reply(std::uint32_t status, std::string body, const Dialect& dialect, const Stamp& stamp,
                 const Usage& spent = {}) {
    Reply reply;
    reply.status = status;
    reply.header_lines = "Content-Type: application/json\r\n" + dialect.header_lines(stamp, spent);
    reply.body = std::move(body);
    return reply;
}

Reply error_reply(std::uint32_t status, std::string_view message, const Dialect& dialect, const Stamp& stamp) {
    return json_reply(status, dialect.error(status, message, stamp), dialect, stamp);
}

Reply hello() {
    Reply reply;
    reply.header_lines = "Content-Type: text/plain; charset=utf-8\r\n";
    reply.body = hello_text;
    return reply;
}

Reply wrong_method(std::string_view allowed, const Request& request, const Dialect& dialect, const Stamp& stamp) {
    std::string message = "method: found ";
    message.append(request.method).append(", expected ").append(allowed);
    Reply reply = error_reply(405, message, dialect, stamp);
    reply.header_lines.append("Allow: ").append(allowed).append("\r\n");
    return reply;
}

Reply answer_reply(Answer answer, bool stream, const Dialect& dialect, const Stamp& stamp) {
    const Usage spent = answer.usage;
    if (!stream) {
        Reply reply = json_reply(200, dialect.whole(answer), dialect, stamp, spent);
        for (const Block& block : answer.blocks) reply.tokens += block.tokens;
        return reply;
    }
    Reply reply;
    reply.header_lines = "Content-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n";
    reply.header_lines += dialect.header_lines(stamp, spent);
    reply.script.emplace(dialect, std::move(answer));
    return reply;
}

/// The endpoints that read a prompt.
Reply generate(Endpoint endpoint, const Request& request, const Scenario& scenario, const Dialect& dialect,
               const Stamp& stamp) {
    if (request.body_bytes > max_request_bytes)
        return error_reply(413,
                           "body: found " + std::to_string(request.body_bytes) + " bytes, expected at most " +
                               std::to_string(max_request_bytes),
                           dialect, stamp);
    if (const Field* coding = find_field(request.fields, "content-encoding");
        coding && !iequals(coding->value, "identity"))
        return error_reply(415, "content-encoding: found \"" + std::string(coding->value) + "\", expected none",
                           dialect, stamp);
    auto read = read_prompt(request.body);
    if (const auto* problem = std::get_if<std::string>(&read)) return error_reply(400, *problem, dialect, stamp);
    const Prompt& prompt = std::get<Prompt>(read);
    if (endpoint == Endpoint::count_tokens)
        return json_reply(200, "{\"input_tokens\":" + std::to_string(prompt.tokens) + "}", dialect, stamp);
    if (scenario.tool_calls > 0 && prompt.tools.empty())
        return error_reply(400, "x-mock-tool-calls: found a request without tools, expected some to call", dialect,
                           stamp);
    return answer_reply(make_answer(prompt, scenario, dialect.shows_thinking(), stamp), prompt.stream, dialect, stamp);
}

Reply dispatch(Endpoint endpoint, const Request& request, const Scenario& scenario, const Dialect& dialect,
               const Stamp& stamp) {
    const bool reads = endpoint == Endpoint::hello || endpoint == Endpoint::models;
    const bool got = request.method == "GET" || request.method == "HEAD";
    if (reads && !got) return wrong_method("GET, HEAD", request, dialect, stamp);
    if (!reads && request.method != "POST") return wrong_method("POST", request, dialect, stamp);
    if (scenario.status != 200)
        return error_reply(scenario.status,
                           "This is status " + std::to_string(scenario.status) + ", as x-mock-status asks.", dialect,
                           stamp);
    if (endpoint == Endpoint::hello) return hello();
    if (endpoint == Endpoint::models) return json_reply(200, dialect.models(stamp), dialect, stamp);
    return generate(endpoint, request, scenario, dialect, stamp);
}

}  // namespace

Reply reply_to(const Request& request, const Stamp& stamp) {
    const Endpoint endpoint = endpoint_of(request.target);
    const Dialect& dialect = dialect_of(endpoint, request.fields);
    if (endpoint == Endpoint::unknown) {
        std::string message = "Invalid URL (";
        message.append(request.method).append(" ").append(request.target).append(")");
        return error_reply(404, message, dialect, stamp);
    }
    auto parsed = parse_scenario(request.fields);
    if (const auto* problem = std::get_if<std::string>(&parsed)) return error_reply(400, *problem, dialect, stamp);
    const Scenario& scenario = std::get<Scenario>(parsed);

    Reply reply = dispatch(endpoint, request, scenario, dialect, stamp);
    reply.scenario = scenario;
    if (scenario.retry_after_seconds)
        reply.header_lines += "retry-after: " + std::to_string(*scenario.retry_after_seconds) + "\r\n";
    return reply;
}

std::size_t cut_position(const Reply& reply, std::size_t coded_bytes) noexcept {
    const auto after = reply.scenario.cut_after;
    if (!after || *after > reply.tokens || coded_bytes == 0) return coded_bytes;
    if (*after == reply.tokens) return coded_bytes - 1;
    std::size_t at = reply.body.find(token_word);
    for (std::uint32_t i = 0; i < *after; ++i) at = reply.body.find(token_word, at + 1);
    return at * coded_bytes / reply.body.size();
}

Reply bad_request(std::string_view problem, const Stamp& stamp) { return error_reply(400, problem, openai(), stamp); }

}  // namespace tokenweir::mock
