/// Writes messages as the OpenTelemetry GenAI conventions have them: roles, and parts by their types.
///
/// Redacts and cuts, or leaves the texts out, as the route wants it. Whatever comes in, what comes out is valid JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parsers/captured_text.hpp"
#include "parsers/content_options.hpp"

namespace tokenweir::parsers {

/// How much more than max_part_bytes is kept of a text, so that a secret at the cut is seen whole enough to be known.
inline constexpr std::size_t redaction_margin = 512;

/// A JSON string's content or, of `json`, a JSON value as it stands. `cut`: more is known of it than there is.
struct ContentText {
    std::string_view raw{};
    const CapturedText* cut = nullptr;
    bool json = false;
    bool shortened = false;  ///< strings in the value are cut

    std::uint64_t bytes() const noexcept { return cut != nullptr ? cut->bytes() : raw.size(); }
    bool empty() const noexcept { return bytes() == 0; }
};

class ContentWriter {
public:
    struct Tally {
        std::int64_t redactions = 0;
        bool cut = false;  // a text was
    };

    /// All references outlive the writer.
    ContentWriter(ContentCapture capture, const ContentOptions& options, const KeyedHash& hash, Tally& tally)
        : capture_(capture), options_(options), hash_(hash), tally_(tally) {}

    /// The array so far, closed; empty if nothing was written.
    std::string finish();

    // A role, a name, an id, a type: words of the protocol, raw. Long ones are cut.
    void begin_message(std::string_view role);
    void end_message(std::string_view finish_reason = {});

    /// "text", "reasoning" or "refusal".
    void text(std::string_view type, const ContentText& text);
    /// A data URL, base64, or the address of something elsewhere.
    void media(std::string_view modality, std::string_view mime_type, const ContentText& data_or_url);
    void file(std::string_view modality, std::string_view id);
    /// type: "tool_call" or "server_tool_call".
    void tool_call(std::string_view type, std::string_view id, std::string_view name, const ContentText& arguments);
    void tool_response(std::string_view id, const ContentText& response);
    /// `parts`: what another writer wrote.
    void tool_response(std::string_view id, const std::string& parts);
    void tool_definition(std::string_view type, std::string_view name, const ContentText& definition);
    /// Something that has no other form here: its type alone.
    void other(std::string_view type);

private:
    void open(char bracket);
    void key(std::string_view name);
    void member(std::string_view name, std::string_view raw_word);
    void figures(const ContentText& text);
    void begin_part(std::string_view type);
    void content(std::string_view name, const ContentText& text);
    void value(std::string_view name, const ContentText& text);
    std::string filtered(std::string_view text, std::size_t max_bytes);

    const ContentCapture capture_;
    const ContentOptions& options_;
    const KeyedHash& hash_;
    Tally& tally_;
    std::string out_;
    bool comma_ = false;
};

/// "image/png" is an image; what says nothing is a document.
std::string_view modality_of(std::string_view mime_type) noexcept;

}  // namespace tokenweir::parsers
