/// A Beast body that keeps what the mock can use and counts the rest.
#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/optional/optional.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <string>

#include "mock/reply.hpp"

namespace tokenweir::mock {

struct KeptBody {
    struct value_type {          // NOLINT: Beast's Body concept
        std::string kept;        ///< the first max_request_bytes
        std::uint64_t size = 0;  ///< of all
    };

    /// Models BodyReader.
    class reader {  // NOLINT: Beast's Body concept
    public:
        template <class Header>
        reader(Header&, value_type& body) : body_(&body) {}

        void init(const boost::optional<std::uint64_t>&, boost::system::error_code& error) { error = {}; }

        template <class Buffers>
        std::size_t put(const Buffers& buffers, boost::system::error_code& error) {
            error = {};
            std::size_t taken = 0;
            for (auto it = boost::asio::buffer_sequence_begin(buffers); it != boost::asio::buffer_sequence_end(buffers);
                 ++it) {
                const boost::asio::const_buffer piece(*it);
                const std::size_t room = max_request_bytes - body_->kept.size();
                body_->kept.append(static_cast<const char*>(piece.data()), std::min(room, piece.size()));
                taken += piece.size();
            }
            body_->size += taken;
            return taken;
        }

        void finish(boost::system::error_code& error) { error = {}; }

    private:
        value_type* body_;
    };
};

}  // namespace tokenweir::mock
