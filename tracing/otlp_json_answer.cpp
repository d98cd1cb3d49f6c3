#include "tracing/otlp_json_answer.hpp"

#include <simdjson.h>

#include <charconv>

namespace tokenweir::tracing {

PartialSuccess read_otlp_json_answer(std::string_view body, std::string_view rejected_key) {
    simdjson::dom::parser parser;
    simdjson::dom::object partial;
    PartialSuccess found;
    if (parser.parse(simdjson::padded_string(body))["partialSuccess"].get(partial) != simdjson::SUCCESS) return found;
    std::string_view text;
    if (partial[rejected_key].get(found.rejected) != simdjson::SUCCESS &&
        partial[rejected_key].get(text) == simdjson::SUCCESS)
        std::from_chars(text.data(), text.data() + text.size(), found.rejected);
    if (partial["errorMessage"].get(text) == simdjson::SUCCESS) found.message = text;
    return found;
}

}  // namespace tokenweir::tracing
