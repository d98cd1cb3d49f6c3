/// The names under which the price of a model is looked up: its own first, then that name without what only says where
/// or when.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace tokenweir::metrics {

/// Parts of the name they were made from, and valid as long as it is.
class PriceNames {
public:
    /// Taken off are, in front: an ARN up to its '/', "models/", "publishers/x/models/", a Bedrock region such as
    /// "eu.". At the end, each in addition to those before it: what follows an '@', all but the base model of a
    /// fine-tuned "ft:base:organisation:...", ":0" or ":0:200k" (and then "-1"), "-v1", "-20250929" or "-2025-09-29",
    /// "-latest".
    explicit PriceNames(std::string_view name) noexcept;

    const std::string_view* begin() const noexcept { return names_.data(); }
    const std::string_view* end() const noexcept { return names_.data() + count_; }

private:
    static constexpr std::size_t most = 32;

    void add(std::string_view name) noexcept;
    void add_shortened(std::string_view name) noexcept;

    std::array<std::string_view, most> names_;
    std::size_t count_ = 0;
};

}  // namespace tokenweir::metrics
