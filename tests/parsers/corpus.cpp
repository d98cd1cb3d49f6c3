#include "tests/parsers/corpus.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <string_view>

#include "observation/field.hpp"

namespace tokenweir::test {

namespace {

namespace dom = simdjson::dom;
namespace fs = std::filesystem;

std::string text(simdjson::simdjson_result<dom::element> found) {
    std::string_view view;
    return found.get(view) ? std::string() : std::string(view);
}

std::optional<std::int64_t> count(simdjson::simdjson_result<dom::element> found) {
    double value = 0;
    if (found.get(value)) return std::nullopt;
    return static_cast<std::int64_t>(value);
}

bool truth(simdjson::simdjson_result<dom::element> found) {
    bool value = false;
    return !found.get(value) && value;
}

/// A string or number as str() writes it.
std::string word(simdjson::simdjson_result<dom::element> found) {
    if (std::int64_t number = 0; !found.get(number)) return std::to_string(number);
    return text(found);
}

std::string base64(std::string_view coded) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::array<int, 256> values{};
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<int>(i);
    std::string bytes;
    bytes.reserve(coded.size() / 4 * 3);
    unsigned held = 0;
    int bits = 0;
    for (const char c : coded) {
        if (c == '=') break;
        held = held << 6 | static_cast<unsigned>(values[static_cast<unsigned char>(c)]);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes += static_cast<char>(held >> bits & 0xFFU);
    }
    return bytes;
}

/// The provider's label in the corpus, as a route would name it.
std::string provider_name(const std::string& label, const std::string& url) {
    if (label == "azure" && (url.find("services.ai.azure.com") != std::string::npos ||
                             url.find("inference.ai.azure.com") != std::string::npos))
        return "azure.ai.inference";
    static const std::map<std::string, std::string> names{
        {"azure", "azure.ai.openai"},    {"gemini", "gcp.gemini"},
        {"gemini-openai", "gcp.gemini"}, {"vertex", "gcp.vertex_ai"},
        {"bedrock", "aws.bedrock"},      {"bedrock-mantle", "aws.bedrock"},
        {"mistral", "mistral_ai"},       {"xai", "x_ai"},
        {"moonshot", "moonshot_ai"},     {"chatgpt", "openai"},
    };
    const auto known = names.find(label);
    return known == names.end() ? label : known->second;
}

/// The headers as they would be replayed: no hop-by-hop ones, no coding that the stored body no longer has.
HeaderList headers(dom::element part) {
    constexpr std::array hop{"connection", "keep-alive", "proxy-connection", "transfer-encoding",
                             "te",         "trailer",    "upgrade",          "content-length",
                             "host",       "expect"};
    const bool encoded = text(part["body_note"]).find("encoded-as-stored") != std::string::npos;
    HeaderList list;
    dom::array pairs;
    if (part["headers"].get(pairs)) return list;
    for (const dom::element pair : pairs) {
        std::string name = text(pair.at(0));
        const bool is_hop =
            std::any_of(hop.begin(), hop.end(), [&](const char* known) { return iequals(name, known); });
        if (is_hop || (!encoded && iequals(name, "content-encoding"))) continue;
        list.emplace_back(std::move(name), text(pair.at(1)));
    }
    return list;
}

std::string outcome_of(const Expected& e, bool failed, bool incomplete) {
    constexpr std::array limits{"429",
                                "throttlingException",
                                "rate_limit_error",
                                "rate_limit_exceeded",
                                "RESOURCE_EXHAUSTED",
                                "insufficient_quota"};
    if (e.status == 429) return "rate_limited";
    if (e.status >= 500) return "upstream_error";
    if (e.status >= 400) return "client_error";
    if (failed) {
        const bool limited = std::any_of(limits.begin(), limits.end(), [&](const char* known) {
            return e.error_type == known || e.error_code == known;
        });
        return limited ? "rate_limited" : "stream_error";
    }
    return e.streamed && incomplete ? "truncated" : "ok";
}

Expected expectation(dom::element found) {
    Expected e;
    e.api = text(found["api"]);
    e.operation = text(found["operation"]);
    if (bool asked = false; !found["streaming"].get(asked)) e.stream_asked = asked;
    e.request_model = text(found["request_model"]);
    e.response_model = text(found["response_model"]);
    e.response_id = text(found["response_id"]);
    e.streamed = truth(found["response_streamed"]);
    e.input = count(found["usage_norm"]["input_total"]);
    e.output = count(found["usage_norm"]["output_total"]);
    e.cache_read = count(found["usage"]["cached_input"]);
    e.cache_creation = count(found["usage"]["cache_creation"]);
    e.reasoning = count(found["usage"]["reasoning"]);
    if (dom::array reasons; !found["finish_reasons"].get(reasons))
        for (const dom::element reason : reasons)
            e.finish_reasons.push_back(word(simdjson::simdjson_result<dom::element>(dom::element(reason))));
    e.tool_calls = count(found["tool_calls"]).value_or(0);
    e.server_tool_calls = count(found["server_tool_calls"]).value_or(0);
    e.status = static_cast<int>(count(found["status"]).value_or(0));
    e.error_type = word(found["error"]["type"]);
    e.error_code = word(found["error"]["code"]);
    if (e.streamed) e.first_token_kind = text(found["first_token"]["kind"]);
    bool complete = true;
    const bool incomplete = !found["complete"].get(complete) && !complete;
    dom::object error;
    e.outcome = outcome_of(e, !found["error"].get(error), incomplete);
    return e;
}

Interaction interaction(dom::element d, const std::map<std::string, Expected>& expected) {
    Interaction one;
    const dom::element request = d["request"].value();
    const dom::element response = d["response"].value();
    one.id = text(d["id"]);
    one.provider = text(d["provider"]);
    one.method = text(request["method"]);
    if (one.method.empty()) one.method = "POST";
    const std::string url = text(request["url"]);
    const auto scheme = url.find("://");
    const auto host = scheme == std::string::npos ? 0 : scheme + 3;
    const auto path = url.find('/', host);
    if (scheme != std::string::npos) one.host = url.substr(host, path - host);
    one.target = path == std::string::npos ? "/" : url.substr(path);
    one.request_headers = headers(request);
    one.response_headers = headers(response);
    one.request_body = base64(text(request["body_b64"]));
    one.response_body = base64(text(response["body_b64"]));
    one.stream_response = truth(d["stream_response"]);
    one.expected = expected.at(one.id);
    one.expected.provider = provider_name(one.provider, url);
    return one;
}

template <class Use>
void each_line(const fs::path& file, Use&& use) {
    std::ifstream in(file);
    dom::parser parser;
    for (std::string line; std::getline(in, line);)
        if (dom::element element; !parser.parse(line).get(element)) use(element);
}

}  // namespace

std::vector<Interaction> load_corpus() {
    const fs::path root = fs::path(TOKENWEIR_SOURCE_DIR) / ".." / "shared" / "corpus";
    std::vector<Interaction> all;
    if (!fs::exists(root / "expected.jsonl")) return all;
    std::map<std::string, Expected> expected;
    each_line(root / "expected.jsonl", [&](dom::element e) { expected[text(e["id"])] = expectation(e); });
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(root / "interactions")) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files)
        each_line(file, [&](dom::element d) {
            if (text(d["kind"]) == "http") all.push_back(interaction(d, expected));
        });
    return all;
}

}  // namespace tokenweir::test
