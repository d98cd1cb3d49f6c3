/// A member function bound to its object: two words, no allocation, no type erasure beyond a pointer.
#pragma once

namespace tokenweir::proxy {

struct Callback {
    void (*run)(void*) = nullptr;
    void* self = nullptr;

    explicit operator bool() const noexcept { return run != nullptr; }
    void operator()() const { run(self); }

    /// Callback::to<&Relay::client_readable>(this)
    template <auto Member, class Object>
    static Callback to(Object* object) noexcept {
        return {[](void* self) { (static_cast<Object*>(self)->*Member)(); }, object};
    }
};

}  // namespace tokenweir::proxy
