#include "proxy/setup.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "proxy/config_change.hpp"
#include "proxy/config_text.hpp"

namespace tokenweir::proxy {

namespace {

constexpr std::size_t max_ca_bytes = std::size_t{16} << 20;

std::shared_ptr<const TlsContext> certificate_of(const Listener& listener) {
    if (!listener.tls) return nullptr;
    return std::make_shared<const TlsContext>(
        TlsContext::for_clients(listener.tls->certificate_file, listener.tls->key_file));
}

std::string new_secret() {
    std::array<unsigned char, 32> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("the system has no random bytes for a secret");
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::shared_ptr<const Setup> prepare(Config config, const Setup* running) {
    auto setup = std::make_shared<Setup>();
    if (!config.tls_ca_file.empty()) setup->ca_pem = read_text_file(config.tls_ca_file, max_ca_bytes);
    if (running != nullptr && setup->ca_pem == running->ca_pem)
        setup->upstream_trust = running->upstream_trust;
    else
        setup->upstream_trust = std::make_shared<const TlsContext>(TlsContext::for_upstreams(config.tls_ca_file));
    if (running != nullptr && !same_sockets(config.listen, running->config.listen)) {
        config.listen = running->config.listen;
        setup->listener_tls = running->listener_tls;
    } else {
        for (const Listener& listener : config.listen) setup->listener_tls.push_back(certificate_of(listener));
    }
    setup->random_secret = running != nullptr ? running->random_secret : new_secret();
    if (!config.observer.hash) config.observer.hash = parsers::KeyedHash(setup->random_secret);
    if (std::ranges::any_of(config.routes, [&](const Route& route) {
            return route.content.value_or(config.content) == parsers::ContentCapture::full;
        }))
        config.observer.content.redaction.prepare();
    setup->config = std::move(config);
    return setup;
}

}  // namespace tokenweir::proxy
