/// The provider whose wire format an answer takes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mock/answer.hpp"

namespace tokenweir::mock {

/// Complete SSE events, each with its blank line.
using Events = std::vector<std::string>;

/// Pure text in, text out; the two instances live as long as the process.
class Dialect {
public:
    virtual bool shows_thinking() const noexcept = 0;

    // A stream: begin, then every block's start, deltas and stop, then end.
    virtual void begin(const Answer& answer, Events& out) const = 0;
    virtual void start_block(const Answer& answer, std::size_t block, Events& out) const = 0;
    virtual void delta(const Answer& answer, std::size_t block, std::string_view text, Events& out) const = 0;
    virtual void stop_block(const Answer& answer, std::size_t block, Events& out) const = 0;
    virtual void end(const Answer& answer, Events& out) const = 0;
    virtual std::string error_event(std::uint32_t status, std::string_view message) const = 0;

    /// The body of an answer that is not streamed.
    virtual std::string whole(const Answer& answer) const = 0;

    /// The body of an answer with an error status.
    virtual std::string error(std::uint32_t status, std::string_view message, const Stamp& stamp) const = 0;

    /// The status of an error that a stream reports when nothing else is asked for.
    virtual std::uint32_t stream_error_status() const noexcept = 0;

    virtual std::string models(const Stamp& stamp) const = 0;

    /// Request id and rate limits as header lines, each with its CRLF; `tokens` is what the call spent.
    virtual std::string header_lines(const Stamp& stamp, const Usage& spent) const = 0;

protected:
    ~Dialect() = default;
};

const Dialect& openai() noexcept;
const Dialect& anthropic() noexcept;

inline constexpr std::string_view mock_model = "mock-model";  ///< the one that the model list names

}  // namespace tokenweir::mock
