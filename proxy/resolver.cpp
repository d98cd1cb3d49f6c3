#include "proxy/resolver.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

namespace tokenweir::proxy {

namespace asio = boost::asio;

struct Resolver::State : std::enable_shared_from_this<State> {
    using Waiter = Question::Waiter;
    struct Name {
        Answer answer{};
        Instant found_at{};  // the addresses: when they were asked for
        Instant fresh_until = Instant::min();
        Instant asked_at{};  // the look-up under way
        bool being_looked_up = false;
        std::vector<std::shared_ptr<Waiter>> waiting{};

        /// There is something to go on with: addresses that are not too old, or the last look-up, if it is fresh.
        bool answers(Instant now) const {
            return now < fresh_until || (!answer.addresses.empty() && now < found_at + serving_time);
        }
    };

    explicit State(LookUp how) : look_up(std::move(how)) {}

    void ask(const std::string& text, const std::shared_ptr<Waiter>& waiter, Instant now) {
        const std::lock_guard lock(mutex);
        Name& name = names[text];
        const bool answers = name.answers(now);
        if (answers) {
            waiter->answer = name.answer;
        } else {
            waiter->known = name.answer.addresses;
            name.waiting.push_back(waiter);
        }
        const bool begins = now >= name.fresh_until && !std::exchange(name.being_looked_up, true);
        if (begins) name.asked_at = now;
        if (!waiter->known.empty()) waiter->patience_ends = name.asked_at + patience;
        if (!begins) return;
        try {
            std::thread([self = shared_from_this(), text, now] {
                ::pthread_setname_np(::pthread_self(), "tw-resolve");
                self->take(text, self->answer_to(text), now);
            }).detach();
        } catch (const std::exception& failure) {  // std::system_error, std::bad_alloc
            name.being_looked_up = false;
            if (answers) return;
            name.waiting.pop_back();  // nobody else waits: no look-up was under way
            waiter->answer = Answer{.addresses = name.answer.addresses, .error = failure.what()};
        }
    }

    Answer answer_to(const std::string& text) const noexcept try {
        return look_up(text);
    } catch (const std::bad_alloc&) {
        return {.addresses = {}, .error = "out of memory"};
    }

    /// On a look-up's own thread. Whom there is no memory to tell waits until its own time is over.
    void take(const std::string& text, Answer found, Instant asked) noexcept {
        const std::lock_guard lock(mutex);
        Name& name = names.find(text)->second;  // since the asking, for good
        name.being_looked_up = false;
        name.answer.error = std::move(found.error);
        if (!found.addresses.empty()) {
            name.answer.addresses = std::move(found.addresses);
            name.found_at = asked;
        }
        name.fresh_until = asked + (name.answer.error.empty() ? fresh_time : fresh_time_of_failure);
        for (std::shared_ptr<Waiter>& waiter : std::exchange(name.waiting, {})) try {
                asio::io_context& io = waiter->io;  // there: whoever waits has not been destroyed
                asio::post(io, [waiter = std::move(waiter), answer = name.answer]() mutable {
                    waiter->answer = std::move(answer);
                    if (const Callback answered = std::exchange(waiter->answered, {})) answered();
                });
            } catch (const std::bad_alloc&) {
                continue;
            }
    }

    void forget(const std::string& text, const std::shared_ptr<Waiter>& waiter) {
        const std::lock_guard lock(mutex);
        std::erase(names[text].waiting, waiter);
    }

    const LookUp look_up;
    std::mutex mutex;
    std::map<std::string, Name> names;
};

Resolver::Resolver(LookUp look_up) : state_(std::make_shared<State>(std::move(look_up))) {}
Resolver::~Resolver() = default;

Resolver::Question::Question(Resolver& resolver, const std::string& name, asio::io_context& io, Instant now)
    : state_(resolver.state_), name_(name), waiter_(std::make_shared<Waiter>(Waiter{.io = io})) {
    state_->ask(name_, waiter_, now);
}

Resolver::Question::~Question() {
    waiter_->answered = {};
    state_->forget(name_, waiter_);  // answered or not: the look-up's thread may still be in the middle of telling it
}

Resolver::Answer Resolver::ask_system(const std::string& name) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed = ::getaddrinfo(name.c_str(), nullptr, &hints, &found);
    Answer answer;
    if (failed != 0) {
        answer.error = failed == EAI_SYSTEM ? std::generic_category().message(errno) : ::gai_strerror(failed);
        return answer;
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        if (entry->ai_family == AF_INET6) {
            const auto* v6 = reinterpret_cast<const sockaddr_in6*>(entry->ai_addr);  // NOLINT: the sockets API's way
            asio::ip::address_v6::bytes_type bytes;
            std::memcpy(bytes.data(), &v6->sin6_addr, bytes.size());
            answer.addresses.emplace_back(asio::ip::address_v6(bytes, v6->sin6_scope_id));
        } else if (entry->ai_family == AF_INET) {
            const auto* v4 = reinterpret_cast<const sockaddr_in*>(entry->ai_addr);  // NOLINT
            answer.addresses.emplace_back(asio::ip::address_v4(ntohl(v4->sin_addr.s_addr)));
        }
    }
    if (answer.addresses.empty()) answer.error = "the name has no IP address";
    return answer;
}

}  // namespace tokenweir::proxy
