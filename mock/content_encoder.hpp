/// Compresses a body piece by piece, so that every event can leave at once.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "mock/scenario.hpp"

namespace tokenweir::mock {

enum class Then : std::uint8_t { flush, finish };

class ContentEncoder {
public:
    virtual ~ContentEncoder() = default;

    /// The coded form of `piece`, complete enough to be decoded without what follows; after `finish`, of the whole
    /// body.
    virtual std::string encode(std::string_view piece, Then then) = 0;
};

/// Throws std::bad_alloc when the coding's library cannot allocate.
std::unique_ptr<ContentEncoder> make_encoder(Coding coding);

/// The value of Content-Encoding; empty for identity.
std::string_view name_of(Coding coding) noexcept;

}  // namespace tokenweir::mock
