/// What a client takes, in its order of preference: the fields Accept and Accept-Encoding (RFC 9110 §12.5).
#pragma once

#include <string_view>

#include "observation/field.hpp"

namespace tokenweir {

/// One element: `text/plain;version=0.0.4;q=0.5`.
struct Accepted {
    std::string_view name;        ///< text/plain
    std::string_view parameters;  ///< version=0.0.4;q=0.5
    double weight = 1;            ///< 0: not at all

    /// Its value, without quotes; empty: not there.
    std::string_view parameter(std::string_view name) const noexcept;
};

/// Takes the first element off `list`; an element whose weight is not a number has weight 0. Requires: `list` is not
/// empty.
Accepted take_accepted(std::string_view& list) noexcept;

/// Calls `visit` with every element of every field of that name.
template <class Visit>
void for_each_accepted(Fields fields, std::string_view name, Visit visit) {
    for (const Field& field : fields) {
        if (!iequals(field.name, name)) continue;
        for (std::string_view rest = field.value; !rest.empty();) visit(take_accepted(rest));
    }
}

}  // namespace tokenweir
