#include "parsers/anthropic_messages.hpp"

#include <algorithm>

namespace tokenweir::parsers {

namespace {

constexpr std::size_t max_units = 16;

void set(std::optional<std::int64_t>& field, const JsonValue& from) noexcept {
    if (const auto count = from.count()) field = count;
}

void set(std::optional<double>& field, const JsonValue& from) noexcept {
    if (const auto amount = from.number(); amount >= 0.0) field = amount;
}

bool is_server_tool(std::string_view type) noexcept { return type == "server_tool_use" || type == "mcp_tool_use"; }

}  // namespace

/// Reads one event. Members are told apart by their names alone, since `type` may come last.
class AnthropicMessages::EventScan {
public:
    EventScan(AnthropicMessages& reader, JsonDocument& document, EventReading& reading)
        : reader_(reader), document_(document), reading_(reading) {}

    /// True when the event reports an error.
    bool read(LlmCall& call);

private:
    void read_block(const JsonValue& block);
    void read_delta(const JsonValue& delta);
    void text(OutputKind kind, const JsonValue& value);

    AnthropicMessages& reader_;
    JsonDocument& document_;
    EventReading& reading_;
};

bool AnthropicMessages::EventScan::read(LlmCall& call) {
    bool failed = false, counted = false;
    for (auto member = document_.members(); member.next();) {
        const std::string_view key = member.key();
        const JsonValue& value = member.value();
        if (key == "delta") {
            read_delta(value);
        } else if (key == "content_block") {
            read_block(value);
        } else if (key == "message" && value.is_object()) {
            reading_.holes.spoil();
            failed |= reader_.read_message(value.members(), call);
        } else if (key == "usage") {
            reading_.holes.spoil();
            reader_.read_usage(value);
            counted = true;
        } else if (key == "error") {
            failed |= !value.is_null();
        } else if (key == "type") {
            const std::string_view type = value.raw_string();
            reader_.stopped_ |= type == "message_stop";
            failed |= type == "error";
        }
    }
    if (counted) reader_.usage_is_final_ = !reader_.stop_reason_.empty() && !document_.damaged();
    return failed;
}

void AnthropicMessages::EventScan::read_block(const JsonValue& block) {
    reading_.holes.spoil();
    std::string_view type;
    bool has_text = false, has_thinking = false, has_data = false;
    for (auto member = block.members(); member.next();) {
        if (member.key() == "type")
            type = member.value().raw_string();
        else if (member.key() == "text")
            has_text = member.value().has_text();
        else if (member.key() == "thinking")
            has_thinking = member.value().has_text();
        else if (member.key() == "data")
            has_data = member.value().has_text();
    }
    reader_.count_block(type);
    if (type == "tool_use")
        reading_.output = OutputKind::tool_call;
    else if (is_server_tool(type))
        reading_.output = OutputKind::server_tool;
    else if ((type == "redacted_thinking" && has_data) || (type == "thinking" && has_thinking))
        reading_.output = OutputKind::reasoning;
    else if (type == "text" && has_text)
        reading_.output = OutputKind::text;
}

void AnthropicMessages::EventScan::read_delta(const JsonValue& delta) {
    for (auto member = delta.members(); member.next();) {
        const std::string_view key = member.key();
        if (key == "text" || key == "content") {  // text_delta, compaction_delta
            text(OutputKind::text, member.value());
        } else if (key == "thinking") {
            text(OutputKind::reasoning, member.value());
        } else if (key == "partial_json") {
            text(OutputKind::tool_call, member.value());
        } else if (key == "stop_reason") {
            reading_.holes.spoil();
            member.value().assign_to(reader_.stop_reason_);
        }
    }
}

void AnthropicMessages::EventScan::text(OutputKind kind, const JsonValue& value) {
    if (!value.has_text()) return;
    reading_.output = kind;
    const std::string_view content = value.raw_string();
    reading_.holes.add(document_.offset_of(content), content.size(), false);
}

EventReading AnthropicMessages::read_event(const SseEvent& event, LlmCall& call) {
    EventReading reading;
    if (event.data.empty() || event.data.starts_with("[DONE]")) return reading;  // OpenRouter appends [DONE]
    bool failed = event.type == "error";
    {
        JsonDocument document(event.data);
        failed |= EventScan(*this, document, reading).read(call);
        reading.readable = !document.damaged();
    }
    if (failed) {
        reading.holes.spoil();
        if (auto error = read_error(event.data)) error_ = std::move(error);
    }
    return reading;
}

bool AnthropicMessages::read_document(std::string_view body, LlmCall& call) {
    bool failed = false;
    {
        JsonDocument document(body);
        failed = read_message(document.members(), call);
        if (document.damaged()) return false;
    }
    usage_is_final_ = true;
    if (failed) error_ = read_error(body);
    return true;
}

/// A message, whole or as it begins a stream. True when it is an error instead.
bool AnthropicMessages::read_message(JsonMembers member, LlmCall& call) {
    bool failed = false;
    while (member.next()) {
        const std::string_view key = member.key();
        const JsonValue& value = member.value();
        if (key == "id") {
            value.assign_to(call.response_id);
        } else if (key == "model") {
            value.assign_to(call.response_model);
        } else if (key == "stop_reason") {
            value.assign_to(stop_reason_);
        } else if (key == "usage") {
            read_usage(value);
        } else if (key == "error") {
            failed |= !value.is_null();
        } else if (key == "content") {
            for (auto block = value.elements(); block.next();)
                for (auto inner = block.value().members(); inner.next();)
                    if (inner.key() == "type") count_block(inner.value().raw_string());
        }
    }
    return failed;
}

/// Cumulative: what is present and not null replaces what was there. `iterations` repeats the counts and is left out.
void AnthropicMessages::read_usage(const JsonValue& usage) {
    for (auto member = usage.members(); member.next();) {
        const std::string_view key = member.key();
        const JsonValue& value = member.value();
        if (key == "input_tokens")
            set(input_, value);
        else if (key == "output_tokens")
            set(output_, value);
        else if (key == "cache_read_input_tokens")
            set(cache_read_, value);
        else if (key == "cache_creation_input_tokens")
            set(cache_creation_, value);
        else if (key == "cache_creation")
            read_details("cache_creation.", value);
        else if (key == "cost")  // OpenRouter's, in US dollars
            set(cost_, value);
        else if (key == "service_tier")
            value.assign_to(tier_);
        else if (key == "speed")
            value.assign_to(speed_);
        else if (key == "inference_geo")
            value.assign_to(place_);
        else if (key == "server_tool_use")
            read_details("", value);
        else if (key == "output_tokens_details")
            for (auto detail = value.members(); detail.next();)
                if (detail.key() == "thinking_tokens") set(reasoning_, detail.value());
    }
}

/// A word for what decides the price: "standard", "fast", "standard_us". Empty: the response does not say.
std::string AnthropicMessages::billed_tier() const {
    std::string tier = speed_ == "fast" ? speed_ : tier_;
    if (!tier.empty() && !place_.empty() && place_ != "global" && place_ != "not_available") tier.append("_" + place_);
    return tier;
}

void AnthropicMessages::read_details(std::string_view prefix, const JsonValue& details) {
    for (auto member = details.members(); member.next();) {
        if (member.key() == "ephemeral_1h_input_tokens") set(cache_creation_1h_, member.value());
        const auto number = member.value().number();
        if (!number || member.key().size() > 64) continue;
        std::string name(prefix);
        name += member.key();
        const auto known =
            std::find_if(units_.begin(), units_.end(), [&](const auto& unit) { return unit.first == name; });
        if (known != units_.end())
            known->second = *number;
        else if (units_.size() < max_units)
            units_.emplace_back(std::move(name), *number);
    }
}

void AnthropicMessages::count_block(std::string_view type) noexcept {
    if (type == "tool_use") ++tool_calls_;
    if (is_server_tool(type)) ++server_tool_calls_;
}

void AnthropicMessages::report(LlmCall& call) const {
    TokenUsage& usage = call.usage;
    if (input_) usage.input = *input_ + cache_read_.value_or(0) + cache_creation_.value_or(0);
    usage.output = output_;
    usage.cache_read = cache_read_;
    usage.cache_creation = cache_creation_;
    usage.cache_creation_1h = cache_creation_1h_;
    usage.reasoning = reasoning_;
    if (std::string tier = billed_tier(); !tier.empty()) call.service_tier = std::move(tier);
    call.units.insert(call.units.end(), units_.begin(), units_.end());
    call.cost = cost_;
    if (cost_) call.cost_source = CostSource::provider;
    if (!stop_reason_.empty()) call.finish_reasons.push_back(stop_reason_);
    call.tool_calls = tool_calls_;
    call.server_tool_calls = server_tool_calls_;
}

}  // namespace tokenweir::parsers
