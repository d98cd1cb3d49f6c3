/// A hash map that only grows: one writer at a time, any number of readers that take no lock and never wait.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace tokenweir::metrics {

/// Values stay where they are until the map dies. A reader may miss what a writer is just adding, never more.
/// Hash and Equal may accept other types than Key for a look-up.
template <class Key, class Value, class Hash, class Equal = std::equal_to<>>
class AppendOnlyMap {
public:
    AppendOnlyMap() { publish(std::make_unique<Table>(16)); }

    /// Any thread, no lock: a table is complete before it can be seen.
    template <class Like>
    Value* find(const Like& key) const noexcept {
        const Table& table = *current_.load(std::memory_order_acquire);
        for (std::size_t at = Hash{}(key);; ++at) {
            Node* node = table.slots[at & table.mask].load(std::memory_order_acquire);
            if (node == nullptr) return nullptr;
            if (Equal{}(node->key, key)) return &node->value;
        }
    }

    /// One writer at a time. Requires: the key is not there yet.
    template <class... Arguments>
    Value& insert(Key key, Arguments&&... arguments) {
        if ((nodes_.size() + 1) * 2 > tables_.back()->mask) grow();
        Node& node = nodes_.emplace_back(std::move(key), std::forward<Arguments>(arguments)...);
        tables_.back()->place(&node);
        return node.value;
    }

    /// The writer's view.
    std::size_t size() const noexcept { return nodes_.size(); }

private:
    struct Node {
        template <class... Arguments>
        explicit Node(Key k, Arguments&&... arguments)
            : key(std::move(k)), value(std::forward<Arguments>(arguments)...) {}
        const Key key;
        Value value;
    };

    struct Table {
        explicit Table(std::size_t capacity) : mask(capacity - 1), slots(new std::atomic<Node*>[capacity]) {
            for (std::size_t i = 0; i < capacity; ++i) slots[i].store(nullptr, std::memory_order_relaxed);
        }
        void place(Node* node) noexcept {
            std::size_t at = Hash{}(node->key);
            while (slots[at & mask].load(std::memory_order_relaxed) != nullptr) ++at;
            slots[at & mask].store(node, std::memory_order_release);
        }
        const std::size_t mask;  // capacity - 1, a power of two
        const std::unique_ptr<std::atomic<Node*>[]> slots;
    };

    void grow() {
        auto next = std::make_unique<Table>((tables_.back()->mask + 1) * 2);
        for (Node& node : nodes_) next->place(&node);
        publish(std::move(next));
    }

    void publish(std::unique_ptr<Table> table) {
        tables_.push_back(std::move(table));  // smaller ones are kept: a reader may still be in them
        current_.store(tables_.back().get(), std::memory_order_release);
    }

    std::deque<Node> nodes_;
    std::vector<std::unique_ptr<Table>> tables_;
    std::atomic<const Table*> current_{nullptr};
};

}  // namespace tokenweir::metrics
