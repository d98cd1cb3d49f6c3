/// The request fields that an AWS signature covers: whoever changes one of them breaks the request.
#pragma once

#include <string_view>

#include "observation/field.hpp"

namespace tokenweir::tracing {

/// Read off `Authorization: AWS4-…` or the query's X-Amz-SignedHeaders (Signature Version 4). Views into the request.
class SignedFields {
public:
    SignedFields(Fields fields, std::string_view target) noexcept;

    bool has(std::string_view name) const noexcept;

private:
    std::string_view names_;  // with `;` or `%3B` between them
};

}  // namespace tokenweir::tracing
