/// A set of places in `call_series`.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace tokenweir::metrics {

template <std::size_t size>
class SeriesSet {
public:
    constexpr void add(std::size_t at) noexcept { words_[at / 64] |= std::uint64_t{1} << at % 64; }
    constexpr bool has(std::size_t at) const noexcept { return (words_[at / 64] >> at % 64 & 1) != 0; }

    /// In ascending order, until `visit` says false. Whether it never did.
    template <class Visit>
    constexpr bool all_of(Visit visit) const {
        for (std::size_t i = 0; i < words_.size(); ++i)
            for (std::uint64_t rest = words_[i]; rest != 0; rest &= rest - 1)
                if (!visit(i * 64 + static_cast<std::size_t>(std::countr_zero(rest)))) return false;
        return true;
    }

    template <class Visit>
    constexpr void for_each(Visit visit) const {
        all_of([&](std::size_t at) {
            visit(at);
            return true;
        });
    }

private:
    std::array<std::uint64_t, (size + 63) / 64> words_{};
};

}  // namespace tokenweir::metrics
