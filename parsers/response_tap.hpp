/// Watches one response body pass: undoes its coding on a copy, finds out how it is framed, has it read, keeps the
/// clocks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "observation/llm_call.hpp"
#include "parsers/call_observer.hpp"
#include "parsers/content_decoder.hpp"
#include "parsers/content_tap.hpp"
#include "parsers/reader.hpp"
#include "parsers/shape_memo.hpp"
#include "parsers/sse_decoder.hpp"
#include "parsers/verdict.hpp"

namespace tokenweir::parsers {

class ResponseTap {
public:
    /// `options`, `call` and `content`, which may be none, must outlive the tap. `decode`: look into the body at all.
    /// Sets call.response_streamed and damage in call.decoding.
    ResponseTap(const ObserverOptions& options, LlmCall& call, const ObservedResponse& head, const Api& api,
                bool decode, bool bodyless, ContentTap* content);

    void piece(std::string_view payload, Instant at);

    /// Reads what was kept and writes the sums. Fills in the facts that the body tells.
    void close(EndFacts& facts);

    /// After close: the usage is the provider's last word, because the format says so, or because the call is `ok` and
    /// nothing of it was missed.
    bool usage_is_final(bool ok) const noexcept;

    /// Lets go of all memory, after a failure to get more.
    void give_up() noexcept;

private:
    /// How the decoded body is framed. `ignored`: nobody will look at it.
    enum class Framing : std::uint8_t { undecided, events, document, ignored };

    struct Events {
        explicit Events(std::size_t max_event_bytes) noexcept : decoder(max_event_bytes) {}

        SseDecoder decoder;
        ShapeMemos memos;
    };

    bool terminal() const noexcept;
    void take(std::string_view bytes, Instant at);
    std::string_view decide(std::string_view bytes);
    void take_events(std::string_view bytes, Instant at);
    void take_document(std::string_view bytes);
    void read_event(const SseEvent& event, Instant at, bool last);
    void note_output(OutputKind kind, Instant at) noexcept;
    void read_document(EndFacts& facts);
    void stop(Decoding damage) noexcept;

    const ObserverOptions& options_;
    LlmCall& call_;
    Reader reader_;
    std::unique_ptr<Events> events_;  // once it is known that they come
    ContentTap* content_;
    Dialect dialect_;
    std::unique_ptr<ContentDecoder> decoder_;
    std::string document_;
    std::string amazon_error_;  // x-amzn-errortype: the only place where Bedrock names an error
    std::optional<std::uint64_t> declared_bytes_;
    std::optional<Instant> last_output_;
    Instant last_piece_{};
    std::optional<ProviderError> error_;
    int status_;
    Framing framing_ = Framing::undecided;
    bool labelled_events_ = false;  // the content type says text/event-stream
    bool has_reader_;
    bool until_close_ = false;  // the end of the connection is the end of the body
    bool damaged_ = false;      // an event, or the document, was not JSON and was passed over
    bool blind_ = false;        // what came could not be looked at, or not to the end
};

}  // namespace tokenweir::parsers
