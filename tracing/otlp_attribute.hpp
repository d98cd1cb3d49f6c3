/// An attribute in OTLP's protobuf, written in one go where that can be done: most of a request is attributes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tracing/attributes.hpp"

namespace tokenweir::tracing {

/// Appends the field, a KeyValue, to the message at the end of `out`. Requires: 0 < `field` < 16.
void append_otlp_attribute(std::string& out, std::uint32_t field, std::string_view key, const AttributeValue& value);

/// Appends what is before the bytes of a field of that length.
void append_otlp_head(std::string& out, std::uint32_t field, std::uint64_t length);

/// The text, or what has been made of it in `mended`: back ends refuse a whole batch for one string that is not UTF-8.
std::string_view valid_utf8(std::string_view text, std::string& mended);

}  // namespace tokenweir::tracing
