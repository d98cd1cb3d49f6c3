/// Where the strings of a JSON text end: what its values are found by, and passed over by.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "parsers/json_block.hpp"

namespace tokenweir::parsers {

class JsonStrings {
public:
    static constexpr std::size_t npos = std::string_view::npos;

    /// Finds the strings of `text`, which must outlive their use, in place of those before. False if one of them is not
    /// closed or has a control byte in it. Throws std::bad_alloc.
    bool find(std::string_view text);

    /// The closing quote of a string. `at`: its opening quote, or any byte of it before the closing one.
    std::size_t closing_quote(std::size_t at) const noexcept {
        std::size_t word = ++at / json_block_bytes;
        if (const std::uint64_t bits = quotes_[word] >> at % json_block_bytes; bits != 0)
            return at + static_cast<std::size_t>(std::countr_zero(bits));
        while (quotes_[++word] == 0) {
        }
        return word * json_block_bytes + static_cast<std::size_t>(std::countr_zero(quotes_[word]));
    }

    /// Behind the bracket at which `depth` containers that are open at `at`, which is in no string, are closed; npos if
    /// the text ends before.
    std::size_t behind_containers(std::size_t at, std::size_t depth) const noexcept;

    /// Gives the memory back if a large text needed it.
    void trim() noexcept;

private:
    std::size_t blocks() const noexcept { return (text_.size() + json_block_bytes - 1) / json_block_bytes; }
    const char* block(std::size_t i) const noexcept {
        const std::size_t at = i * json_block_bytes;
        return text_.size() - at >= json_block_bytes ? text_.data() + at : last_.data();
    }

    std::string_view text_;
    std::array<char, json_block_bytes> last_{};  // the last block, filled up with blanks
    std::unique_ptr<std::uint64_t[]> quotes_;    // of each block, those that are not escaped
    std::size_t capacity_ = 0;                   // in blocks
};

}  // namespace tokenweir::parsers
