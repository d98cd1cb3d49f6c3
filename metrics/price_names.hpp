/// The names under which the price of a model is looked up: its own first, then that name without what only says where
/// or when.
#pragma once

#include <iterator>
#include <string_view>

namespace tokenweir::metrics {

/// Parts of the name they were made from, and valid as long as it is.
class PriceNames {
public:
    /// Taken off are, in front: an ARN up to its '/', "models/", "publishers/x/models/", a Bedrock region such as
    /// "eu.". At the end, each in addition to those before it: what follows an '@', all but the base model of a
    /// fine-tuned "ft:base:organisation:...", ":0" or ":0:200k" (and then "-1"), "-v1", "-20250929" or "-2025-09-29",
    /// "-latest".
    explicit PriceNames(std::string_view name) noexcept : name_(name) {}

    /// Makes each name when it is wanted: mostly one of the first is found.
    class Iterator {
    public:
        explicit Iterator(std::string_view name) noexcept : whole_(name), rest_(name), name_(name) {}

        std::string_view operator*() const noexcept { return name_; }
        Iterator& operator++() noexcept;
        bool operator==(std::default_sentinel_t) const noexcept { return name_.empty(); }

    private:
        bool shorten() noexcept;

        std::string_view whole_;  // but for what was in front
        std::string_view rest_;   // of it, without what was taken off its end
        std::string_view name_;   // the present one; empty: there are no more
        int step_ = 0;            // that comes next
        int count_ = 1;           // up to the present one
    };

    Iterator begin() const noexcept { return Iterator(name_); }
    static std::default_sentinel_t end() noexcept { return {}; }

private:
    const std::string_view name_;
};

}  // namespace tokenweir::metrics
