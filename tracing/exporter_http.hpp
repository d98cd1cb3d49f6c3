/// An HTTP/1.1 client for one back end: one connection, kept open, with or without TLS.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "observation/telemetry_options.hpp"
#include "tracing/export_transport.hpp"

namespace tokenweir::tracing {

struct HttpTransportOptions {
    Endpoint endpoint{};
    std::vector<HeaderLine> headers{};
    std::string user_agent{};
    std::string ca_file{};           ///< empty: the system's trust store
    std::string certificate_file{};  ///< of the client; empty: none
    std::string key_file{};
};

class HttpTransport final : public ExportTransport {
public:
    /// Throws boost::system::system_error when a file for TLS cannot be used.
    explicit HttpTransport(HttpTransportOptions options);
    ~HttpTransport() override;

    ExportAnswer post(const Payload& payload, Instant deadline) override;
    void end_by(Instant deadline) override;
    std::string_view destination() const noexcept override { return destination_; }

private:
    class Client;

    std::string destination_;
    std::unique_ptr<Client> client_;
};

/// The seconds that a Retry-After field asks for: a number of them, or a date after `now`. Nothing if it is neither.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, WallTime now);

}  // namespace tokenweir::tracing
