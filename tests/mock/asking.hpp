/// Asks the mock without a socket: a request in, all that it would send out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mock/reply.hpp"

namespace tokenweir::mock::test {

inline const Stamp stamp{.unique = "u", .unix_seconds = 7};

struct Asked {
    std::uint32_t status = 0;
    std::string body;  ///< of a stream, all its events

    bool operator==(const Asked&) const = default;
};

/// Every event of a stream, in order.
inline std::vector<std::string> events_of(Script script) {
    std::vector<std::string> all = script.begin();
    for (std::uint64_t i = 0; i < script.tokens(); ++i)
        for (std::string& event : script.next()) all.push_back(std::move(event));
    for (std::string& event : script.end()) all.push_back(std::move(event));
    return all;
}

inline Reply reply(std::string_view method, std::string_view target, std::string_view body,
                   std::vector<Field> fields = {}) {
    const Request request{
        .method = method, .target = target, .fields = fields, .body = body, .body_bytes = body.size()};
    return reply_to(request, stamp);
}

inline Asked ask(std::string_view method, std::string_view target, std::string_view body,
                 std::vector<Field> fields = {}) {
    const Reply answer = reply(method, target, body, std::move(fields));
    Asked asked{.status = answer.status, .body = answer.body};
    if (answer.script)
        for (const std::string& event : events_of(*answer.script)) asked.body += event;
    return asked;
}

}  // namespace tokenweir::mock::test
