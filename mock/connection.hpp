/// One client's connection to the mock.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "mock/counts.hpp"

namespace tokenweir::mock {

/// Answers the requests of a connection in their order, until it ends. Never throws but std::bad_alloc.
/// `counts` must outlive the io_context; one thread.
boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket socket, Counts& counts);

}  // namespace tokenweir::mock
