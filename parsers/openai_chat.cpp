#include "parsers/openai_chat.hpp"

#include <algorithm>
#include <bit>

#include "parsers/json_document.hpp"

namespace tokenweir::parsers {

namespace {

constexpr std::size_t max_choices = 128;  // more indices than that are not kept apart
constexpr std::size_t max_open_calls = 1024;
constexpr std::int64_t legacy_call = -1;  // the index of a `function_call`, which has none

/// Which of several kinds of output in one event names it: the first of these.
constexpr std::array precedence{OutputKind::text,      OutputKind::reasoning, OutputKind::refusal,
                                OutputKind::tool_call, OutputKind::audio,     OutputKind::image};

struct CallPart {
    std::optional<std::int64_t> index;
    std::string id;
    bool has_output = false;  // a name or arguments
};

bool is_padding(std::string_view key) noexcept { return key == "obfuscation" || key == "p" || key == "padding"; }

bool is_reasoning(std::string_view key) noexcept {
    return key == "reasoning_content" || key == "reasoning" || key == "thinking" || key == "reasoning_text";
}

}  // namespace

/// Reads one event: collects its output, and where that stands.
class OpenAiChat::EventScan {
public:
    EventScan(OpenAiChat& reader, JsonDocument& document, EventReading& reading)
        : reader_(reader), document_(document), reading_(reading) {}

    /// True when the event reports an error.
    bool read(LlmCall& call);

private:
    void read_choice(const JsonValue& choice, std::int64_t position);
    void read_delta(const JsonValue& delta);
    void read_content(const JsonValue& content);
    void read_parts(const JsonValue& part);
    void read_list(OutputKind kind, const JsonValue& list);
    void read_tool_calls(const JsonValue& calls);
    CallPart read_call(const JsonValue& call);
    void read_function(const JsonValue& function, CallPart& part);

    void text(OutputKind kind, const JsonValue& value);
    void found(OutputKind kind) noexcept { kinds_ |= 1U << static_cast<unsigned>(kind); }

    OpenAiChat& reader_;
    JsonDocument& document_;
    EventReading& reading_;
    std::vector<CallPart> calls_;  // of the choice being read: its index may come after them
    unsigned kinds_ = 0;
};

bool OpenAiChat::EventScan::read(LlmCall& call) {
    bool failed = false, counted = false;
    for (auto member = document_.members(); member.next();) {
        const std::string_view key = member.key();
        const JsonValue& value = member.value();
        if (key == "id") {
            if (call.response_id.empty()) value.assign_to(call.response_id);
        } else if (key == "model") {
            if (call.response_model.empty()) value.assign_to(call.response_model);
        } else if (key == "choices") {
            std::int64_t position = 0;
            for (auto choice = value.elements(); choice.next();) read_choice(choice.value(), position++);
        } else if (key == "cost") {
            reading_.holes.spoil();
            reader_.usage_.read_cost(value);
        } else if (key == "service_tier") {
            if (value.raw_string() != call.service_tier) value.assign_to(call.service_tier);  // in every event
        } else if (key == "usage") {
            if (!value.is_object()) continue;
            reading_.holes.spoil();
            reader_.usage_.read(value);
            counted = true;
        } else if (key == "x_groq") {
            for (auto inner = value.members(); inner.next();) {
                if (inner.key() == "usage") reader_.usage_.read(inner.value());
                counted |= inner.key() == "usage" && inner.value().is_object();
                if (inner.key() == "error" && !inner.value().is_null()) failed = true;
            }
            reading_.holes.spoil();
        } else if (key == "error") {
            failed |= !value.is_null();
        } else if (key == "object") {
            failed |= value.raw_string() == "error";
        } else if (is_padding(key) && value.is_string()) {
            const std::string_view padding = value.raw_string();
            reading_.holes.add(document_.offset_of(padding), padding.size(), true);
        }
    }
    if (counted) reader_.usage_is_final_ = reader_.all_finished() && !document_.damaged();
    for (const OutputKind kind : precedence) {
        if ((kinds_ >> static_cast<unsigned>(kind) & 1U) == 0) continue;
        reading_.output = kind;
        break;
    }
    return failed;
}

void OpenAiChat::EventScan::read_choice(const JsonValue& value, std::int64_t position) {
    std::int64_t index = position;
    std::string reason;
    calls_.clear();
    for (auto member = value.members(); member.next();) {
        if (member.key() == "delta")
            read_delta(member.value());
        else if (member.key() == "finish_reason")
            member.value().assign_to(reason);
        else if (member.key() == "index")
            index = member.value().count().value_or(position);
    }
    reader_.finish(index, reason);
    if (!reason.empty()) reading_.holes.spoil();
    std::int64_t place = 0;
    for (const CallPart& part : calls_) {
        if (!part.id.empty()) reading_.holes.spoil();
        if (!part.id.empty() || part.has_output) reader_.count_tool_call(index, part.index.value_or(place), part.id);
        ++place;
    }
}

void OpenAiChat::EventScan::read_delta(const JsonValue& delta) {
    for (auto member = delta.members(); member.next();) {
        const std::string_view key = member.key();
        const JsonValue& value = member.value();
        if (key == "content") {
            read_content(value);
        } else if (is_reasoning(key)) {
            text(OutputKind::reasoning, value);
        } else if (key == "reasoning_details") {
            for (auto detail = value.elements(); detail.next();)
                for (auto part = detail.value().members(); part.next();)
                    if (part.key() == "text" || part.key() == "summary" || part.key() == "data")
                        text(OutputKind::reasoning, part.value());
        } else if (key == "reasoning_steps") {
            read_list(OutputKind::reasoning, value);
        } else if (key == "images") {
            read_list(OutputKind::image, value);
        } else if (key == "refusal") {
            text(OutputKind::refusal, value);
        } else if (key == "tool_calls") {
            read_tool_calls(value);
        } else if (key == "function_call") {
            CallPart part{legacy_call, {}, false};
            read_function(value, part);
            if (part.has_output) calls_.push_back(std::move(part));
        } else if (key == "audio") {
            for (auto part = value.members(); part.next();)
                if (part.key() == "data" || part.key() == "transcript") text(OutputKind::audio, part.value());
        }
    }
}

/// A string, or Mistral's list: [{"type":"thinking","thinking":[{"text"}]},{"type":"text","text"}].
void OpenAiChat::EventScan::read_content(const JsonValue& content) {
    text(OutputKind::text, content);
    for (auto part = content.elements(); part.next();) read_parts(part.value());
}

void OpenAiChat::EventScan::read_parts(const JsonValue& part) {
    for (auto member = part.members(); member.next();) {
        if (member.key() == "text") {
            text(OutputKind::text, member.value());
        } else if (member.key() == "thinking") {
            text(OutputKind::reasoning, member.value());
            for (auto thought = member.value().elements(); thought.next();)
                for (auto inner = thought.value().members(); inner.next();)
                    if (inner.key() == "text") text(OutputKind::reasoning, inner.value());
        }
    }
}

void OpenAiChat::EventScan::read_list(OutputKind kind, const JsonValue& list) {
    auto element = list.elements();
    if (!element.next()) return;
    found(kind);
    reading_.holes.spoil();
}

void OpenAiChat::EventScan::read_tool_calls(const JsonValue& calls) {
    if (calls.is_object()) calls_.push_back(read_call(calls));  // old TGI: no list
    for (auto element = calls.elements(); element.next();) calls_.push_back(read_call(element.value()));
}

CallPart OpenAiChat::EventScan::read_call(const JsonValue& call) {
    CallPart part;
    for (auto member = call.members(); member.next();) {
        if (member.key() == "index")
            part.index = member.value().count();
        else if (member.key() == "id")
            member.value().assign_to(part.id);
        else if (member.key() == "function" || member.key() == "custom")
            read_function(member.value(), part);
    }
    if (!part.id.empty()) found(OutputKind::tool_call);
    return part;
}

void OpenAiChat::EventScan::read_function(const JsonValue& function, CallPart& part) {
    for (auto member = function.members(); member.next();) {
        if (member.key() != "name" && member.key() != "arguments" && member.key() != "input") continue;
        text(OutputKind::tool_call, member.value());
        part.has_output |= member.value().has_text() || member.value().is_object();
    }
}

void OpenAiChat::EventScan::text(OutputKind kind, const JsonValue& value) {
    if (!value.has_text()) return;
    found(kind);
    const std::string_view content = value.raw_string();
    reading_.holes.add(document_.offset_of(content), content.size(), false);
}

EventReading OpenAiChat::read_event(const SseEvent& event, LlmCall& call) {
    EventReading reading;
    if (event.data.empty()) return reading;  // a keep-alive with a name
    if (event.data.starts_with("[DONE]")) {
        done_ = true;
        return reading;
    }
    bool failed = event.type == "error";  // Groq's event, and the field that llama.cpp invented
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

bool OpenAiChat::read_document(std::string_view body, LlmCall& call) {
    bool failed = false;
    {
        JsonDocument document(body);
        for (auto member = document.members(); member.next();) {
            const std::string_view key = member.key();
            const JsonValue& value = member.value();
            if (key == "id") {
                value.assign_to(call.response_id);
            } else if (key == "model") {
                value.assign_to(call.response_model);
            } else if (key == "choices") {
                std::int64_t position = 0;
                for (auto choice = value.elements(); choice.next();) read_choice(choice.value(), position++);
            } else if (key == "cost") {
                usage_.read_cost(value);
            } else if (key == "service_tier") {
                value.assign_to(call.service_tier);
            } else if (key == "usage") {
                usage_.read(value);
            } else if (key == "error") {
                failed |= !value.is_null();
            } else if (key == "object") {
                failed |= value.raw_string() == "error";
            }
        }
        if (document.damaged()) return false;
    }
    usage_is_final_ = true;
    if (failed) error_ = read_error(body);
    return true;
}

void OpenAiChat::read_choice(const JsonValue& value, std::int64_t position) {
    std::int64_t index = position;
    std::string reason;
    for (auto member = value.members(); member.next();) {
        if (member.key() == "index") {
            index = member.value().count().value_or(position);
        } else if (member.key() == "finish_reason") {
            member.value().assign_to(reason);
        } else if (member.key() == "message") {
            for (auto inner = member.value().members(); inner.next();) {
                if (inner.key() == "tool_calls")
                    for (auto calls = inner.value().elements(); calls.next();) ++tool_calls_;
                if (inner.key() == "function_call")  // Snowflake sends one with an empty name beside every answer
                    for (auto part = inner.value().members(); part.next();)
                        if (part.key() == "name" && part.value().has_text()) ++tool_calls_;
            }
        }
    }
    finish(index, reason);
}

OpenAiChat::Choice& OpenAiChat::choice(std::int64_t index) {
    const auto at = std::lower_bound(choices_.begin(), choices_.end(), index,
                                     [](const Choice& known, std::int64_t wanted) { return known.index < wanted; });
    if (at != choices_.end() && at->index == index) return *at;
    if (choices_.size() >= max_choices) return choices_.back();
    return *choices_.insert(at, Choice{index, false, {}});
}

bool OpenAiChat::all_finished() const noexcept {
    return !choices_.empty() &&
           std::all_of(choices_.begin(), choices_.end(), [](const Choice& c) { return c.finished; });
}

void OpenAiChat::finish(std::int64_t index, std::string& reason) {
    Choice& ours = choice(index);
    if (reason.empty()) return;
    ours.finished = true;
    ours.finish_reason = std::move(reason);
}

/// A new id at a known index is a new call; the same id, or none, continues the call.
void OpenAiChat::count_tool_call(std::int64_t choice, std::int64_t index, const std::string& id) {
    const std::pair place(choice, index);
    const auto at = std::ranges::lower_bound(calls_, place, {}, &ToolCall::place);
    if (at != calls_.end() && at->place == place) {
        if (id.empty() || id == at->id) return;
        if (!at->id.empty()) ++tool_calls_;
        at->id = id;
        return;
    }
    ++tool_calls_;
    if (calls_.size() < max_open_calls) calls_.insert(at, {place, id});
}

void OpenAiChat::report(LlmCall& call) const {
    usage_.report(call);
    for (const Choice& choice : choices_)
        if (choice.finished) call.finish_reasons.push_back(choice.finish_reason);
    call.tool_calls = tool_calls_;
}

}  // namespace tokenweir::parsers
