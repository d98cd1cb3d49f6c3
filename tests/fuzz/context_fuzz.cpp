// Whatever the heads: ids and tags are text within their limits, quotas are numbers, and no wait is negative.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "observation/utf8.hpp"
#include "parsers/client_identity.hpp"
#include "parsers/quota.hpp"
#include "tests/fuzz/fuzzed_pieces.hpp"

namespace {

using namespace tokenweir;
using namespace tokenweir::parsers;

/// A line is a field, its name up to the first colon.
std::vector<Field> fields_of(std::string_view text) {
    std::vector<Field> fields;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const auto colon = std::min(line.find(':'), line.size());
        fields.push_back({line.substr(0, colon), line.substr(std::min(colon + 1, line.size()))});
    }
    return fields;
}

void require_text(const std::string& text) {
    test::require(text.size() <= max_id_bytes && to_valid_utf8(text) == text);
    for (const char c : text) test::require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
}

void require_sane(const std::optional<double>& number) {
    test::require(!number || (std::isfinite(*number) && *number >= 0));
}

void require_sane(const Quota& quota) {
    require_sane(quota.limit);
    require_sane(quota.remaining);
    require_sane(quota.reset_seconds);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<Field> fields = fields_of({reinterpret_cast<const char*>(data), size});
    static const ContextOptions options;
    LlmCall call;
    read_client(fields, options, call);
    require_text(call.conversation_id);
    require_text(call.enduser_id);
    test::require(call.tags.size() <= max_tags);
    std::set<std::string> names;
    for (const auto& [name, value] : call.tags) {
        constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
        test::require(!name.empty() && name.size() <= max_tag_name_bytes);
        test::require(name.find_first_not_of(letters) == std::string::npos && names.insert(name).second);
        require_text(value);
    }
    test::require(call.client_retry_count.value_or(0) >= 0);
    require_sane(call.client_timeout_seconds);

    Quotas quotas;
    read_quotas(fields, WallTime(std::chrono::seconds(1'700'000'000)), quotas);
    for (const Quota& quota : {quotas.requests, quotas.tokens, quotas.input_tokens, quotas.output_tokens,
                               quotas.unified_5h, quotas.unified_7d})
        require_sane(quota);
    require_sane(quotas.retry_after_seconds);
    return 0;
}
