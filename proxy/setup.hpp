/// What all threads serve by: one value that never changes, and that a reload replaces as a whole.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "proxy/config.hpp"
#include "proxy/tls.hpp"

namespace tokenweir::proxy {

struct Setup {
    Config config;  ///< with the mock endpoint's route, if there is one

    std::shared_ptr<const TlsContext> upstream_trust;
    std::string ca_pem;  ///< what tls.ca_file held; empty: the system's trust store

    /// What hashes stand on while observer.hash_secret says nothing: of this process, and never written anywhere.
    std::string random_secret;

    /// Of each listening socket, in the order in which they were opened; null: plain.
    std::vector<std::shared_ptr<const TlsContext>> listener_tls;
};

/// Reads the files that the configuration names. `running`: what is served by now, or null at the start. The listeners
/// stay what they are, with their certificates read anew where `config` names the same ones; the trust stays the same
/// object while its file says the same. Throws std::runtime_error, naming the file, when one cannot be used.
std::shared_ptr<const Setup> prepare(Config config, const Setup* running);

}  // namespace tokenweir::proxy
