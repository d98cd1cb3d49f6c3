/// Calls whose route has recorded what was said in them.
#pragma once

#include <string>
#include <vector>

#include "observed.hpp"

namespace tokenweir::test {

inline Told told_with(std::string request, std::vector<std::string> events = {},
                      const char* path = "/v1/chat/completions") {
    Told told;
    told.path = path;
    told.content = parsers::ContentCapture::full;
    told.options.hash = parsers::KeyedHash("secret");
    told.request = std::move(request);
    for (const std::string& event : events) told.pieces.push_back("data: " + event + "\n\n");
    return told;
}

inline Told answered_with(std::string body, const char* path = "/v1/chat/completions") {
    Told told = told_with(R"({"model":"m"})", {}, path);
    told.response_fields = {{"content-type", "application/json"}};
    told.pieces = {std::move(body)};
    return told;
}

inline CallContent content_of(const Told& told) { return observe(told).content.value(); }

}  // namespace tokenweir::test
