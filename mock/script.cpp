#include "mock/script.hpp"

#include <utility>

namespace tokenweir::mock {

Script::Script(const Dialect& dialect, Answer answer) : dialect_(&dialect), answer_(std::move(answer)) {
    for (const Block& block : answer_.blocks) tokens_ += block.tokens;
}

Events Script::begin() const {
    Events out;
    dialect_->begin(answer_, out);
    return out;
}

Events Script::next() {
    Events out;
    if (!std::exchange(started_, true)) start(out);
    while (index_ == answer_.blocks[block_].tokens) {
        stop(out);
        ++block_;
        index_ = 0;
        start(out);
    }
    dialect_->delta(answer_, block_, token_text(answer_.blocks[block_], index_), out);
    ++index_;
    return out;
}

Events Script::end() {
    Events out;
    if (!std::exchange(started_, true)) start(out);
    stop(out);
    while (++block_ < answer_.blocks.size()) {  // those without tokens
        start(out);
        stop(out);
    }
    dialect_->end(answer_, out);
    return out;
}

std::string Script::error_event(std::optional<std::uint32_t> status) const {
    return dialect_->error_event(status.value_or(dialect_->stream_error_status()),
                                 "This error comes inside the stream, as x-mock-error-after asks.");
}

}  // namespace tokenweir::mock
