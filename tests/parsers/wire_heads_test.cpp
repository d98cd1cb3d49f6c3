// Recorded request heads of SDKs and coding agents: what is read off each, whole, against a look-up by hand.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "parsers/client_identity.hpp"

using namespace tokenweir;
namespace fs = std::filesystem;

namespace {

using Head = std::vector<std::pair<std::string, std::string>>;

/// The heads of requests: what follows a line such as "@@C1>> 1310", up to an empty line. Where the recording left a
/// part out it says "(body)".
std::vector<Head> heads_of(const fs::path& log) {
    std::vector<Head> heads;
    std::ifstream in(log);
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        if (line.ends_with('\r')) line.pop_back();
        if (line.starts_with("@@")) {
            inside = line.find(">> ") != std::string::npos;
            continue;
        }
        const bool request_line = line.ends_with(" HTTP/1.1") && !line.starts_with("HTTP/");
        if (inside && request_line) heads.emplace_back();
        const auto colon = line.find(':');
        if (line.empty()) inside = false;
        if (!inside || request_line || colon == std::string::npos || heads.empty()) continue;
        const auto value = line.find_first_not_of(' ', colon + 1);
        heads.back().emplace_back(line.substr(0, colon), value == std::string::npos ? "" : line.substr(value));
    }
    return heads;
}

std::optional<std::string> value_of(const Head& head, std::string_view name) {
    for (const auto& [field, value] : head)
        if (iequals(field, name)) return value;
    return std::nullopt;
}

LlmCall expected(const Head& head) {
    LlmCall call;
    for (const char* name : {"x-claude-code-session-id", "session-id", "x-session-id"})
        if (const auto id = value_of(head, name)) call.conversation_id = *id;
    if (const auto count = value_of(head, "x-stainless-retry-count"))
        call.client_retry_count = std::atoi(count->c_str());
    if (const auto wait = value_of(head, "x-stainless-timeout")) call.client_timeout_seconds = std::atof(wait->c_str());
    return call;
}

}  // namespace

TEST_SUITE("wire") {
    TEST_CASE("the heads of real clients say who called and how patiently, and nothing else") {
        const fs::path folder = fs::path(TOKENWEIR_SOURCE_DIR) / ".." / "shared" / "wire";
        if (!fs::exists(folder)) {
            MESSAGE("skipped: there are no recorded heads beside the source tree");
            return;
        }
        std::map<std::string, std::size_t> heads, conversations, retries;
        for (const auto& entry : fs::directory_iterator(folder)) {
            if (entry.path().extension() != ".log") continue;
            const std::string name = entry.path().stem().string();
            CAPTURE(name);
            for (const Head& head : heads_of(entry.path())) {
                std::vector<Field> fields;
                for (const auto& [field, value] : head) fields.push_back({field, value});
                LlmCall got;
                parsers::read_client(fields, {}, got);
                CHECK(got.conversation_id == expected(head).conversation_id);
                CHECK((got == expected(head)));
                ++heads[name];
                if (!got.conversation_id.empty()) ++conversations[name];
                if (got.client_retry_count) ++retries[name];
            }
        }
        CHECK(conversations ==
              std::map<std::string, std::size_t>{
                  {"ag_claude", 1}, {"ag_codexdefault", 1}, {"ag_codexhttp", 1}, {"ag_codexz", 1}, {"ag_opencode", 2}});
        CHECK(retries.contains("ag_claude"));
        CHECK(retries.contains("openai"));
        CHECK(retries.contains("anthropic"));
        CHECK_FALSE(retries.contains("mistral"));
        CHECK(heads.size() >= 14);
    }
}
