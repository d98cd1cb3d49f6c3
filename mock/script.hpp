/// An answer as the events of its stream, one token at a time, so that a long one is never in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mock/dialect.hpp"

namespace tokenweir::mock {

/// Call begin, then next for each of the tokens, then end; a stream may be left anywhere.
class Script {
public:
    Script(const Dialect& dialect, Answer answer);

    const Dialect& dialect() const noexcept { return *dialect_; }
    std::uint64_t tokens() const noexcept { return tokens_; }  ///< deltas that will be sent

    Events begin() const;
    Events next();  ///< the events of the next token, its delta last
    Events end();

    /// The event that breaks a stream off; without a status, the provider's usual one.
    std::string error_event(std::optional<std::uint32_t> status) const;

private:
    void start(Events& out) const { dialect_->start_block(answer_, block_, out); }
    void stop(Events& out) const { dialect_->stop_block(answer_, block_, out); }

    const Dialect* dialect_;
    Answer answer_;
    std::uint64_t tokens_ = 0;
    std::size_t block_ = 0;    // the current one
    std::uint32_t index_ = 0;  // of its next token
    bool started_ = false;     // the first block
};

}  // namespace tokenweir::mock
