#include "metrics/label_budget.hpp"

#include <algorithm>

#include "observation/utf8.hpp"

namespace tokenweir::metrics {

LabelBudget::LabelBudget(std::size_t limit)
    : limit_(std::min<std::size_t>(limit, 60'000)), texts_{"", std::string(other_text)}, full_(limit_ == 0) {
    ids_.insert(std::string(other_text), other);
}

std::optional<LabelBudget::Id> LabelBudget::find(std::string_view value) const noexcept {
    if (value.empty()) return absent;
    // Read before looking: a value admitted last would otherwise be missed and yet found to have no room.
    const bool full = full_.load(std::memory_order_acquire);
    if (const Id* id = ids_.find(utf8_prefix(value, max_value_bytes))) return *id;
    if (full) return other;
    return std::nullopt;
}

LabelBudget::Id LabelBudget::admit(std::string_view value) {
    if (const auto id = find(value)) return *id;
    const std::string_view shown = utf8_prefix(value, max_value_bytes);
    if (!is_valid_utf8(shown)) return admit(to_valid_utf8(shown));  // anew each time: of such names there is no end
    const Id id = static_cast<Id>(texts_.size());
    texts_.emplace_back(shown);
    ids_.insert(std::string(shown), id);
    if (texts_.size() == limit_ + 2) full_.store(true, std::memory_order_release);
    return id;
}

}  // namespace tokenweir::metrics
