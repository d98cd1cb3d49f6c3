#include "metrics/price_catalogue.hpp"

#include <array>

#include "metrics/price_names.hpp"

namespace tokenweir::metrics {
namespace {

const ModelPrices* own_model(const ProviderPrices& provider, std::string_view model) noexcept {
    for (const std::string_view name : PriceNames(model))
        if (const auto found = provider.models.find(name); found != provider.models.end()) return found->second.get();
    return nullptr;
}

/// A model and its prices.
class Found {
public:
    bool is(std::uint64_t edition, std::string_view provider, std::string_view model) const noexcept {
        return edition == edition_ && provider == std::string_view(names_.data(), provider_bytes_) &&
               model == std::string_view(names_.data() + provider_bytes_, model_bytes_);
    }

    const ModelPrices* prices() const noexcept { return prices_; }

    /// Requires: the names fit.
    void set(std::uint64_t edition, std::string_view provider, std::string_view model,
             const ModelPrices* prices) noexcept {
        provider_bytes_ = provider.copy(names_.data(), provider.size());
        model_bytes_ = model.copy(names_.data() + provider_bytes_, model.size());
        edition_ = edition;
        prices_ = prices;
    }

    static constexpr std::size_t max_bytes = 128;  ///< of both names

private:
    std::array<char, max_bytes> names_{};
    std::size_t provider_bytes_ = 0, model_bytes_ = 0;
    std::uint64_t edition_ = 0;
    const ModelPrices* prices_ = nullptr;
};

}  // namespace

const ModelPrices* PriceCatalogue::find(std::string_view provider, std::string_view model) const noexcept {
    thread_local Found last;
    if (edition == 0 || provider.size() + model.size() > Found::max_bytes) return look_up(provider, model);
    if (!last.is(edition, provider, model)) last.set(edition, provider, model, look_up(provider, model));
    return last.prices();
}

const ModelPrices* PriceCatalogue::look_up(std::string_view provider, std::string_view model) const noexcept {
    const auto entry = providers.find(provider);
    if (entry == providers.end()) return nullptr;
    const ProviderPrices& ours = entry->second;
    if (const ModelPrices* prices = own_model(ours, model)) return prices;

    const std::size_t slash = model.find('/');
    if (slash != std::string_view::npos)
        if (const auto vendor = ours.vendors.find(model.substr(0, slash)); vendor != ours.vendors.end())
            if (const auto theirs = providers.find(vendor->second); theirs != providers.end())
                return own_model(theirs->second, model.substr(slash + 1));

    const auto other = ours.same_as.empty() ? providers.end() : providers.find(ours.same_as);
    return other == providers.end() ? nullptr : own_model(other->second, model);
}

}  // namespace tokenweir::metrics
