/// From a request to everything that is sent in answer: the mock's one decision, without a socket or a clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mock/scenario.hpp"
#include "mock/script.hpp"
#include "observation/field.hpp"

namespace tokenweir::mock {

/// Larger request bodies are read to their end and answered with 413.
inline constexpr std::size_t max_request_bytes = 32u << 20;

struct Request {
    std::string_view method;
    std::string_view target;
    Fields fields;
    std::string_view body;         ///< its first max_request_bytes at most
    std::uint64_t body_bytes = 0;  ///< all that was received
};

struct Reply {
    std::uint32_t status = 200;
    std::string header_lines;      ///< each with its CRLF: all but the framing, Date and Server
    std::string body;              ///< of a reply that is not streamed
    std::optional<Script> script;  ///< of one that is
    std::uint64_t tokens = 0;      ///< that an unstreamed body holds; it is due when its stream would have ended
    Scenario scenario;
};

/// Does not keep any view of the request.
Reply reply_to(const Request& request, const Stamp& stamp);

/// Where x-mock-cut-after breaks an unstreamed body that has `coded_bytes` with its content coding: after its n-th
/// token, or in proportion when coded. `coded_bytes` itself when it does not.
std::size_t cut_position(const Reply& reply, std::size_t coded_bytes) noexcept;

/// The reply to what is not HTTP.
Reply bad_request(std::string_view problem, const Stamp& stamp);

}  // namespace tokenweir::mock
