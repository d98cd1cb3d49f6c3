#include "proxy/tls.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "proxy/plain_transport.hpp"

namespace tokenweir::proxy {

using Status = IoResult::Status;

namespace {

constexpr std::array<unsigned char, 9> alpn_http_1_1{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

std::string last_error() {
    const unsigned long code = ERR_peek_last_error();
    if (code == 0) return "connection closed";
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "error " + std::to_string(code);
}

[[noreturn]] void fail(const std::string& what, const std::string& file) {
    const std::string reason = last_error();
    ERR_clear_error();
    throw std::runtime_error(what + " " + file + ": " + reason);
}

SSL_CTX* new_context(const SSL_METHOD* method) {
    SSL_CTX* context = SSL_CTX_new(method);
    if (context == nullptr) throw std::runtime_error("OpenSSL: " + last_error());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // Partial writes and a buffer that may move are what a relay needs; released buffers are what idle streams need.
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);  // one recv fetches a record's header and body
    return context;
}

int session_slot_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

int keep_session(SSL* ssl, SSL_SESSION* session) {
    auto* slot = static_cast<TlsSessionSlot*>(SSL_get_ex_data(ssl, session_slot_index()));
    if (slot == nullptr) return 0;
    slot->reset(session);
    return 1;  // the reference is ours now
}

int choose_http_1_1(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in,
                    unsigned in_length, void*) {
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_length, alpn_http_1_1.data(), alpn_http_1_1.size(), in, in_length) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

// ---- the BIO: recv and send that remember whether the socket was drained

TlsTransport::Socket& socket_of(BIO* bio) { return *static_cast<TlsTransport::Socket*>(BIO_get_data(bio)); }

int bio_read(BIO* bio, char* out, int length) {
    BIO_clear_retry_flags(bio);
    auto& socket = socket_of(bio);
    const IoResult result = read_socket(socket.fd, {out, static_cast<std::size_t>(length)});
    socket.drained = result.drained;
    if (result.status == Status::ok) return static_cast<int>(result.bytes);
    if (result.status == Status::would_block) BIO_set_retry_read(bio);
    socket.error = result.error;
    return result.status == Status::eof ? 0 : -1;
}

int bio_write(BIO* bio, const char* in, int length) {
    BIO_clear_retry_flags(bio);
    auto& socket = socket_of(bio);
    const IoResult result = write_socket(socket.fd, {in, static_cast<std::size_t>(length)}, {});
    if (result.status == Status::ok) return static_cast<int>(result.bytes);
    if (result.status == Status::would_block) BIO_set_retry_write(bio);
    socket.error = result.error;
    return -1;
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO* new_bio(TlsTransport::Socket& socket) {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tokenweir socket");
        BIO_meth_set_read(made, bio_read);
        BIO_meth_set_write(made, bio_write);
        BIO_meth_set_ctrl(made, bio_control);
        return made;
    }();
    BIO* bio = BIO_new(method);
    if (bio == nullptr) throw std::bad_alloc();
    BIO_set_data(bio, &socket);
    BIO_set_init(bio, 1);
    return bio;
}

}  // namespace

TlsContext TlsContext::for_upstreams(const std::string& ca_file) {
    TlsContext context(new_context(TLS_client_method()));
    SSL_CTX* raw = context.context_.get();
    SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
    if (ca_file.empty()) {
        if (SSL_CTX_set_default_verify_paths(raw) != 1) fail("cannot load the system's trust store", "");
    } else if (SSL_CTX_load_verify_locations(raw, ca_file.c_str(), nullptr) != 1) {
        fail("tls.ca_file: cannot load", ca_file);
    }
    SSL_CTX_set_alpn_protos(raw, alpn_http_1_1.data(), alpn_http_1_1.size());
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(raw, keep_session);
    return context;
}

TlsContext TlsContext::for_clients(const std::string& certificate_file, const std::string& key_file) {
    TlsContext context(new_context(TLS_server_method()));
    SSL_CTX* raw = context.context_.get();
    if (SSL_CTX_use_certificate_chain_file(raw, certificate_file.c_str()) != 1)
        fail("listen.tls.certificate: cannot load", certificate_file);
    if (SSL_CTX_use_PrivateKey_file(raw, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
        fail("listen.tls.key: cannot load", key_file);
    if (SSL_CTX_check_private_key(raw) != 1) fail("listen.tls.key: does not belong to the certificate:", key_file);
    SSL_CTX_set_alpn_select_cb(raw, choose_http_1_1, nullptr);
    return context;
}

std::unique_ptr<SSL, SslDeleter> TlsContext::connect(const std::string& host, TlsSessionSlot& session) const {
    std::unique_ptr<SSL, SslDeleter> ssl(SSL_new(context_.get()));
    if (!ssl) throw std::bad_alloc();
    in6_addr address{};
    const bool numeric =
        inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
    if (numeric) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host.c_str());
    } else {
        // What OpenSSL's SSL_set_tlsext_host_name macro does, without its old-style cast. RFC 6066: names only.
        std::string name = host;
        SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
        SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        SSL_set1_host(ssl.get(), host.c_str());
    }
    SSL_set_ex_data(ssl.get(), session_slot_index(), &session);
    if (session) SSL_set_session(ssl.get(), session.get());
    SSL_set_connect_state(ssl.get());
    return ssl;
}

std::unique_ptr<SSL, SslDeleter> TlsContext::accept() const {
    std::unique_ptr<SSL, SslDeleter> ssl(SSL_new(context_.get()));
    if (!ssl) throw std::bad_alloc();
    SSL_set_accept_state(ssl.get());
    return ssl;
}

TlsTransport::TlsTransport(Readiness socket, std::unique_ptr<SSL, SslDeleter> ssl)
    : readiness_(std::move(socket)), socket_{.fd = readiness_.fd()}, ssl_(std::move(ssl)) {
    BIO* bio = new_bio(socket_);
    SSL_set_bio(ssl_.get(), bio, bio);
}

TlsTransport::~TlsTransport() {
    // A best-effort close_notify; never after an abort, so that the peer sees a cut.
    if (!abort_ && SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

TlsTransport::Handshake TlsTransport::handshake() noexcept {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) return Handshake::done;
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ: return Handshake::want_read;
        case SSL_ERROR_WANT_WRITE: return Handshake::want_write;
        default: abort_ = true; return Handshake::failed;
    }
}

std::string TlsTransport::failure() const {
    if (const long verdict = SSL_get_verify_result(ssl_.get()); verdict != X509_V_OK)
        return X509_verify_cert_error_string(verdict);
    return last_error();
}

IoResult TlsTransport::outcome_of(int result) noexcept {
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE: return {.status = Status::would_block, .drained = true};
        case SSL_ERROR_ZERO_RETURN: return {.status = Status::eof};
        default:
            abort_ = true;
            return {.status = Status::error, .error = socket_.error};  // a missing close_notify as well (RFC 9112 §9.8)
    }
}

IoResult TlsTransport::read_some(std::span<char> buffer) noexcept {
    ERR_clear_error();
    const auto size = static_cast<int>(std::min<std::size_t>(buffer.size(), std::numeric_limits<int>::max()));
    const int n = SSL_read(ssl_.get(), buffer.data(), size);
    if (n <= 0) return outcome_of(n);
    return {.bytes = static_cast<std::size_t>(n), .drained = socket_.drained && SSL_has_pending(ssl_.get()) == 0};
}

IoResult TlsTransport::write_part(std::string_view bytes) noexcept {
    ERR_clear_error();
    const auto size = static_cast<int>(std::min<std::size_t>(bytes.size(), std::numeric_limits<int>::max()));
    const int n = SSL_write(ssl_.get(), bytes.data(), size);
    if (n <= 0) return outcome_of(n);
    return {.bytes = static_cast<std::size_t>(n)};
}

IoResult TlsTransport::write_some(std::string_view first, std::string_view second) noexcept {
    // Each SSL_write makes a record and a system call: two small parts are joined first.
    constexpr std::size_t record_bytes = 16 * 1024;
    thread_local std::array<char, record_bytes> joined;
    if (!first.empty() && !second.empty() && first.size() + second.size() <= record_bytes) {
        std::memcpy(joined.data(), first.data(), first.size());
        std::memcpy(joined.data() + first.size(), second.data(), second.size());
        first = {joined.data(), first.size() + second.size()};
        second = {};
    }
    IoResult total;
    for (std::string_view part : {first, second}) {
        while (!part.empty()) {
            const IoResult result = write_part(part);
            if (result.status != Status::ok)
                return total.bytes > 0 && result.status == Status::would_block ? total : result;
            total.bytes += result.bytes;
            part.remove_prefix(result.bytes);
        }
    }
    return total;
}

void TlsTransport::ignore() noexcept {
    readiness_.ignore_readable();
    readiness_.ignore_writable();
}

bool TlsTransport::peer_ended() const noexcept { return socket_ended(socket_.fd); }

void TlsTransport::shutdown_write() noexcept {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ::shutdown(socket_.fd, SHUT_WR);
}

void TlsTransport::abort_on_close() noexcept {
    abort_ = true;
    reset_on_close(socket_.fd);
}

}  // namespace tokenweir::proxy
