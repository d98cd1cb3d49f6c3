/// Attributes as lines of text, for people.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "tracing/attribute_sink.hpp"
#include "tracing/json_writer.hpp"

namespace tokenweir::test {

/// "key = value", numbers with a point, texts in quotes.
class AttributeLines final : public tracing::AttributeSink {
public:
    explicit AttributeLines(std::string indent) : indent_(std::move(indent)) {}

    void add(const tracing::AttributeKey& key, const tracing::AttributeValue& value) override {
        lines_.append(indent_).append(key.whole()).append(" = ").append(std::visit(Text{}, value)).append("\n");
    }
    const std::string& lines() const noexcept { return lines_; }

private:
    struct Text {
        std::string operator()(bool value) const { return value ? "true" : "false"; }
        std::string operator()(std::int64_t value) const { return std::to_string(value); }
        std::string operator()(double value) const {
            std::string text;
            tracing::JsonWriter(text).number(value);
            return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
        }
        std::string operator()(std::string_view value) const { return "'" + std::string(value) + "'"; }
        std::string operator()(const tracing::JsonText& text) const {
            return std::string(text.as_text ? "text " : "structure ").append(text.json);
        }
        std::string operator()(std::span<const std::string> values) const {
            std::string text;
            for (const std::string& value : values) text.append(text.empty() ? "[" : ", ").append("'" + value + "'");
            return text + "]";
        }
    };

    const std::string indent_;
    std::string lines_;
};

}  // namespace tokenweir::test
