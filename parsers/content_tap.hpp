/// Watches what is said in one call, if its route has that recorded: the request's messages and the model's.
#pragma once

#include <string_view>

#include "observation/call_content.hpp"
#include "parsers/api.hpp"
#include "parsers/content_scanner.hpp"
#include "parsers/output_content.hpp"

namespace tokenweir::parsers {

/// At most about four times ContentOptions::max_bytes are kept.
class ContentTap {
public:
    /// Requires that something is recorded. All references outlive the tap.
    ContentTap(ContentCapture capture, const ContentOptions& options, const KeyedHash& hash);

    /// Of the request's body, its coding undone.
    void request_piece(std::string_view bytes) { request_.feed(bytes); }

    /// An event's data, or the body of an answer that is no stream.
    void output(Dialect dialect, std::string_view json);

    /// Once, last. Runs the redaction: some milliseconds for a long conversation.
    CallContent finish(Dialect dialect);

private:
    const ContentCapture capture_;
    const ContentOptions& options_;
    const KeyedHash& hash_;
    const CaptureLimits limits_;
    ContentScanner request_;
    OutputContent output_;
};

}  // namespace tokenweir::parsers
