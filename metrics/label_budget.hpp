/// Bounds how many values one label may take: the first ones are admitted, the rest become "other".
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "metrics/append_only_map.hpp"
#include "metrics/text_hash.hpp"

namespace tokenweir::metrics {

class LabelBudget {
public:
    /// Stands for a value: small, dense and stable.
    using Id = std::uint16_t;
    static constexpr Id absent = 0;  ///< the empty value: the label is left out
    static constexpr Id other = 1;   ///< what did not fit; also a value that is called so
    static constexpr std::string_view other_text = "other";

    /// Longer values are told apart, and shown, by their beginning alone.
    static constexpr std::size_t max_value_bytes = 128;

    /// Admits `limit` values (at most 60,000) beside the two above.
    explicit LabelBudget(std::size_t limit);

    /// Any thread, no lock, no allocation. Nothing: `admit` has to decide.
    std::optional<Id> find(std::string_view value) const noexcept;

    /// One thread at a time: what `find` would say, after admitting the value if there is room.
    Id admit(std::string_view value);

    /// The label's text, well-formed UTF-8. On the thread that admits.
    std::string_view text(Id id) const noexcept { return texts_[id]; }

private:
    const std::size_t limit_;
    AppendOnlyMap<std::string, Id, TextHash> ids_;
    std::deque<std::string> texts_;
    std::atomic<bool> full_;
};

}  // namespace tokenweir::metrics
