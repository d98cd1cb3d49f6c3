/// Knows events by their bytes: one that differs from an event already read in nothing but the text of its tokens means
/// the same, and needs no parsing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "observation/llm_call.hpp"

namespace tokenweir::parsers {

/// Where an event's free text stands: the insides of JSON strings whose content no reader looks at, in order.
class Holes {
public:
    static constexpr std::size_t max = 4;
    struct Hole {
        std::uint32_t begin = 0, end = 0;
        bool may_be_empty = false;
    };

    /// Of a string that carries output (it has text and must have), or of padding. Out of order or one too many: the
    /// event is not plain.
    void add(std::size_t begin, std::size_t size, bool may_be_empty) noexcept;

    /// Something in the event must be read each time.
    void spoil() noexcept { spoilt_ = true; }

    bool plain() const noexcept { return count_ > 0 && !spoilt_; }
    std::size_t size() const noexcept { return count_; }
    const Hole& operator[](std::size_t i) const noexcept { return holes_[i]; }

private:
    std::array<Hole, max> holes_{};
    std::uint8_t count_ = 0;
    bool spoilt_ = false;
};

/// One such shape. Exact: the bytes outside the holes are equal and each hole holds a valid JSON string body, so the
/// two texts have the same structure by construction.
class ShapeMemo {
public:
    static constexpr std::size_t max_bytes = 768;  ///< of an event outside its holes

    /// False when there is too much to remember; the memo knows nothing then.
    bool learn(std::string_view type, std::string_view data, const Holes& holes, OutputKind kind);

    bool matches(std::string_view type, std::string_view data) const noexcept;
    OutputKind kind() const noexcept { return kind_; }

private:
    std::string bytes_;                                 // the event's type, then the data around the holes
    std::array<std::uint16_t, Holes::max + 2> ends_{};  // in bytes_: of the type, then of each part
    std::uint8_t parts_ = 0;
    std::uint8_t empty_holes_ = 0;  // bit i: hole i may be empty
    bool padded_ = false;           // the last part is punctuation alone: spaces in it may come and go
    OutputKind kind_ = OutputKind::text;
};

/// The shapes of one call: two, so that interleaved kinds of events do not displace each other.
class ShapeMemos {
public:
    /// The kind of output of an event of a known shape.
    std::optional<OutputKind> recall(std::string_view type, std::string_view data) noexcept;

    /// Remembers the shape of an event that was read. Gives up on streams whose events never look alike.
    void learn(std::string_view type, std::string_view data, const Holes& holes, OutputKind kind);

private:
    std::array<ShapeMemo, 2> memos_;
    std::uint32_t hits_ = 0, learned_ = 0;
    std::uint8_t latest_ = 0;  // index of the memo that knew an event last
};

}  // namespace tokenweir::parsers
