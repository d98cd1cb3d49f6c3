/// TLS: what is trusted, and Transport over it (OpenSSL 3, TLS 1.2 and later, http/1.1 by ALPN).
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "proxy/readiness.hpp"
#include "proxy/transport.hpp"

namespace tokenweir::proxy {

struct SslDeleter {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
    void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};

/// The last session that a server offered, for a shorter next handshake. One per upstream and thread.
using TlsSessionSlot = std::unique_ptr<SSL_SESSION, SslDeleter>;

/// Shared by all threads (OpenSSL locks it itself). Throws std::runtime_error, naming the file, when one cannot be
/// used.
class TlsContext {
public:
    /// Certificates are checked against `ca_file`, or the system's trust store when it is empty. Always.
    static TlsContext for_upstreams(const std::string& ca_file);
    static TlsContext for_clients(const std::string& certificate_file, const std::string& key_file);

    /// A connection to `host`: SNI, host name (or address) check, resumption from `session`, which must outlive it.
    std::unique_ptr<SSL, SslDeleter> connect(const std::string& host, TlsSessionSlot& session) const;
    std::unique_ptr<SSL, SslDeleter> accept() const;

private:
    explicit TlsContext(SSL_CTX* context) : context_(context) {}
    std::unique_ptr<SSL_CTX, SslDeleter> context_;
};

class TlsTransport final : public Transport {
public:
    /// Takes over a connected socket. The handshake is still to be done.
    TlsTransport(Readiness socket, std::unique_ptr<SSL, SslDeleter> ssl);
    ~TlsTransport() override;

    enum class Handshake : std::uint8_t { done, want_read, want_write, failed };

    /// One step; after want_… wait for it and step again.
    Handshake handshake() noexcept;

    /// Why the handshake failed: OpenSSL's or the certificate check's words.
    std::string failure() const;

    IoResult read_some(std::span<char> buffer) noexcept override;
    IoResult write_some(std::string_view first, std::string_view second) noexcept override;
    void when_readable(Callback callback) override { readiness_.when_readable(callback); }
    void when_writable(Callback callback) override { readiness_.when_writable(callback); }
    void readable_again(Callback callback) override { readiness_.readable_again(callback); }
    void ignore() noexcept override;
    bool peer_ended() const noexcept override;
    void shutdown_write() noexcept override;
    void abort_on_close() noexcept override;

    /// What the BIO beneath the SSL object keeps.
    struct Socket {
        int fd;
        bool drained = false;
        int error = 0;
    };

private:
    IoResult write_part(std::string_view bytes) noexcept;
    IoResult outcome_of(int result) noexcept;

    Readiness readiness_;
    Socket socket_;
    std::unique_ptr<SSL, SslDeleter> ssl_;
    bool abort_ = false;
};

}  // namespace tokenweir::proxy
