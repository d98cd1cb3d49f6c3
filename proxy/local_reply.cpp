// write_local_reply: the answers that this proxy gives by itself.
#include <charconv>

#include "observation/json_string.hpp"
#include "proxy/head_writer.hpp"

namespace tokenweir::proxy {

namespace {

/// OpenAI's SDKs read `error.message`, `.type`, `.param` and `.code`; Anthropic's `type` and `error.type`,
/// `error.message`.
std::string body_of(const LocalReply& reply) {
    std::string body = R"({"type":"error","error":{"type":)";
    append_json_string(body, reply.code);
    body.append(R"(,"message":)");
    append_json_string(body, reply.message);
    body.append(R"(,"param":null,"code":)");
    append_json_string(body, reply.code);
    body.append("}}\n");
    return body;
}

/// Whether the same request, sent again, would meet the same refusal. SDKs obey the field that says so.
bool is_final(int status) noexcept {
    const bool client_error = status >= 400 && status < 500;
    return (client_error && status != 408 && status != 429) || status == 501 || status == 505;
}

}  // namespace

void write_local_reply(const LocalReply& reply, std::string& out) {
    const std::string body = body_of(reply);
    char number[20];
    const auto text = [&number](std::size_t value) {
        return std::string_view(
            number, static_cast<std::size_t>(std::to_chars(number, number + sizeof number, value).ptr - number));
    };
    out.append("HTTP/1.1 ").append(text(static_cast<std::size_t>(reply.status))).append(" ");
    out.append(reason_phrase(reply.status)).append("\r\nContent-Type: application/json\r\nContent-Length: ");
    out.append(text(body.size())).append("\r\nx-tokenweir-error: ").append(reply.code).append("\r\n");
    if (!reply.call_id.empty()) out.append(call_id_field).append(": ").append(reply.call_id).append("\r\n");
    if (is_final(reply.status)) out.append("x-should-retry: false\r\n");
    if (reply.status == 405) out.append("Allow: ").append(served_methods).append("\r\n");
    out.append(reply.extra_fields);
    out.append(reply.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
    if (!reply.head_request) out.append(body);
}

}  // namespace tokenweir::proxy
