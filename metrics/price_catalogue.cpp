#include "metrics/price_catalogue.hpp"

#include "metrics/price_names.hpp"

namespace tokenweir::metrics {
namespace {

const ModelPrices* own_model(const ProviderPrices& provider, std::string_view model) noexcept {
    for (const std::string_view name : PriceNames(model))
        if (const auto found = provider.models.find(name); found != provider.models.end()) return found->second.get();
    return nullptr;
}

}  // namespace

const ModelPrices* PriceCatalogue::find(std::string_view provider, std::string_view model) const noexcept {
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
