/// Attributes in OTLP's protobuf, each written in one go where that can be done: most of a request is attributes.
#pragma once

#include <cstdint>

#include "tracing/attribute_sink.hpp"
#include "tracing/protobuf.hpp"

namespace tokenweir::tracing {

/// Writes each attribute as the field `field`, a KeyValue.
class OtlpAttributes final : public AttributeSink {
public:
    /// Requires: 0 < `field` < 16.
    OtlpAttributes(Protobuf& message, auto field) : message_(message), field_(static_cast<std::uint32_t>(field)) {}

    void add(const AttributeKey& key, const AttributeValue& value) override;

private:
    Protobuf& message_;
    const std::uint32_t field_;
};

}  // namespace tokenweir::tracing
