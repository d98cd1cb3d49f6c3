/// /metrics of the admin port.
#pragma once

#include <prometheus/collectable.h>

#include <string>
#include <vector>

#include "observation/admin_handler.hpp"

namespace tokenweir::metrics {

class Exposition final : public AdminHandler {
public:
    /// Shows what all of `sources` collect, in their order when they are asked and sorted by name when they are shown.
    /// They must outlive this, and no family may come from two of them.
    explicit Exposition(std::vector<const prometheus::Collectable*> sources) : sources_(std::move(sources)) {}

    /// GET and HEAD; a HEAD is answered like a GET, whoever sends the answer leaves out its body.
    AdminResponse handle(const AdminRequest& request) override;

    /// Families sorted by name, their samples by labels: two scrapes of the same numbers are the same text.
    std::string text() const;

private:
    const std::vector<const prometheus::Collectable*> sources_;
};

}  // namespace tokenweir::metrics
