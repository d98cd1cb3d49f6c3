#include "proxy/readiness.hpp"

#include <unistd.h>

#include <boost/asio/detail/reactor.hpp>
#include <boost/asio/detail/reactor_op.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace tokenweir::proxy {

namespace asio = boost::asio;

#if !defined(TOKENWEIR_PORTABLE_READINESS)

namespace {

using Reactor = asio::detail::reactor;

/// A reactor operation that outlives its completions: armed again and again, freed when both its owner and the reactor
/// have let go of it.
class Waiter : public asio::detail::reactor_op {
public:
    Waiter() : reactor_op(boost::system::error_code(), &Waiter::perform, &Waiter::complete) {}

    bool armed = false;
    bool abandoned = false;   ///< the owner is gone; free it on completion
    bool report_now = false;  ///< complete while being armed: readable_again()
    bool arming = false;
    Callback callback;

private:
    // Called by start_op while arming ("try it now?": no, the descriptor is known to be drained) and by the reactor
    // when the edge arrives ("done").
    static status perform(reactor_op* base) {
        const auto* self = static_cast<Waiter*>(base);
        return self->arming && !self->report_now ? not_done : done;
    }

    static void complete(void* owner, asio::detail::operation* base, const boost::system::error_code&, std::size_t) {
        auto* self = static_cast<Waiter*>(base);
        self->armed = false;
        if (self->abandoned || owner == nullptr) {  // no owner: the io_context is being destroyed
            if (self->abandoned) delete self;
            return;
        }
        if (const Callback callback = std::exchange(self->callback, {})) callback();
    }
};

}  // namespace

class Readiness::State {
public:
    State(asio::io_context& io, int fd)
        : reactor_(asio::use_service<Reactor>(io)), fd_(fd), read_(new Waiter), write_(new Waiter) {
        reactor_.init_task();
        if (const int error = reactor_.register_descriptor(fd_, data_)) {
            delete read_;
            delete write_;
            ::close(fd_);
            throw boost::system::system_error(error, boost::system::system_category(), "epoll_ctl");
        }
    }

    ~State() {
        release(read_);
        release(write_);
        reactor_.deregister_descriptor(fd_, data_, true);
        ::close(fd_);
        reactor_.cleanup_descriptor_data(data_);
    }

    State(const State&) = delete;
    State& operator=(const State&) = delete;

    int fd() const noexcept { return fd_; }

    void wait(bool read, Callback callback, bool now) {
        Waiter* waiter = read ? read_ : write_;
        waiter->callback = callback;
        if (waiter->armed) {
            if (now) reactor_.cancel_ops_by_key(fd_, data_, read ? Reactor::read_op : Reactor::write_op, nullptr);
            return;  // cancelled, it completes in the next turn
        }
        waiter->armed = true;
        waiter->arming = true;
        waiter->report_now = now;
        reactor_.start_op(read ? Reactor::read_op : Reactor::write_op, fd_, data_, waiter, true, true);
        waiter->arming = false;
    }

    void ignore(bool read) noexcept { (read ? read_ : write_)->callback = {}; }

private:
    static void release(Waiter* waiter) noexcept {
        waiter->callback = {};
        waiter->abandoned = true;
        if (!waiter->armed) delete waiter;  // else deregistering completes it
    }

    Reactor& reactor_;
    int fd_;
    Reactor::per_descriptor_data data_ = nullptr;
    Waiter* read_;
    Waiter* write_;
};

#else

class Readiness::State {
public:
    State(asio::io_context& io, int fd) : io_(io), shared_(std::make_shared<Shared>(io, fd)) {}
    ~State() {
        shared_->callbacks[0] = shared_->callbacks[1] = {};
        shared_->descriptor.close();
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    int fd() const noexcept { return shared_->fd; }

    void wait(bool read, Callback callback, bool now) {
        shared_->callbacks[read] = callback;
        const auto report = [shared = shared_, read] {
            if (const Callback ready = std::exchange(shared->callbacks[read], {})) ready();
        };
        if (now) return asio::post(io_, report);  // beside a wait that is under way
        if (std::exchange(shared_->armed[read], true)) return;
        using Wait = asio::posix::stream_descriptor;
        shared_->descriptor.async_wait(read ? Wait::wait_read : Wait::wait_write,
                                       [shared = shared_, read, report](boost::system::error_code) {
                                           shared->armed[read] = false;
                                           report();
                                       });
    }

    void ignore(bool read) noexcept { shared_->callbacks[read] = {}; }

private:
    struct Shared {
        Shared(asio::io_context& io, int descriptor_fd) : descriptor(io, descriptor_fd), fd(descriptor_fd) {}
        asio::posix::stream_descriptor descriptor;
        int fd;
        Callback callbacks[2];
        bool armed[2] = {false, false};
    };
    asio::io_context& io_;
    std::shared_ptr<Shared> shared_;
};

#endif

Readiness::Readiness(asio::io_context& io, int fd) : state_(std::make_unique<State>(io, fd)) {}
Readiness::~Readiness() = default;
Readiness::Readiness(Readiness&&) noexcept = default;
int Readiness::fd() const noexcept { return state_->fd(); }
void Readiness::when_readable(Callback callback) { state_->wait(true, callback, false); }
void Readiness::when_writable(Callback callback) { state_->wait(false, callback, false); }
void Readiness::readable_again(Callback callback) { state_->wait(true, callback, true); }
void Readiness::ignore_readable() noexcept { state_->ignore(true); }
void Readiness::ignore_writable() noexcept { state_->ignore(false); }

}  // namespace tokenweir::proxy
