/// Reads price catalogues from YAML, later ones over earlier ones. The format is described in docs/cost.md.
#pragma once

#include <span>
#include <string_view>

#include "metrics/price_catalogue.hpp"

namespace tokenweir::metrics {

/// A catalogue as it lies in a file or in the program.
struct PriceText {
    std::string_view origin;    ///< "shipped" or "file"
    std::string_view document;  ///< what messages call it, such as the path of the file
    std::string_view yaml;
};

/// The catalogue that the program carries in it, metrics/price_catalogue.yaml.
PriceText shipped_prices() noexcept;

/// What the texts say together; where two name the same model of the same provider, the later one. Throws ConfigError
/// with all that is wrong.
PriceCatalogue read_prices(std::span<const PriceText> texts);

}  // namespace tokenweir::metrics
