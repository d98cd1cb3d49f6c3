#include "tracing/spool.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <span>
#include <system_error>

namespace tokenweir::tracing {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view json_type = "application/json", protobuf_type = "application/x-protobuf";
constexpr std::string_view unfinished = ".tmp";

bool write_all(int file, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

bool write_file(const std::string& path, std::span<const std::string_view> parts) noexcept {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return false;
    const bool is_whole = std::ranges::all_of(parts, [&](std::string_view part) { return write_all(file, part); });
    return ::close(file) == 0 && is_whole;
}

std::optional<std::string> read_file(const std::string& path, std::size_t size) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return std::nullopt;
    std::string bytes(size, '\0');
    std::size_t read = 0;
    while (read < size) {
        const ssize_t count = ::read(file, bytes.data() + read, size - read);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        read += static_cast<std::size_t>(count);
    }
    ::close(file);
    return read == size ? std::optional(std::move(bytes)) : std::nullopt;
}

template <class Number>
bool take_number(std::string_view& text, Number& number, int base) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return true;
}

}  // namespace

Spool::Spool(std::string directory, std::size_t max_bytes) : directory_(std::move(directory)), max_bytes_(max_bytes) {
    fs::create_directories(directory_);
    fs::permissions(directory_, fs::perms::owner_all);
    lock_ = ::open((directory_ + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0) throw std::system_error(errno, std::generic_category(), directory_ + "/lock");
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
        const int error = errno;
        ::close(lock_);
        throw std::system_error(error, std::generic_category(), directory_ + " (another process may use it)");
    }
    find_entries();
}

Spool::~Spool() { ::close(lock_); }

/// "00000000000000a1-512.pb.gz": the order of arrival, how many records, what it is.
std::optional<Spool::Entry> Spool::entry_of(std::string_view name) {
    Entry entry;
    constexpr int hexadecimal = 16, decimal = 10;
    if (!take_number(name, entry.number, hexadecimal) || !name.starts_with('-')) return std::nullopt;
    name.remove_prefix(1);
    if (!take_number(name, entry.records, decimal)) return std::nullopt;
    entry.gzipped = name.ends_with(".gz");
    if (entry.gzipped) name.remove_suffix(3);
    entry.is_json = name == ".json";
    return entry.is_json || name == ".pb" ? std::optional(entry) : std::nullopt;
}

std::string Spool::path_of(const Entry& entry) const {
    std::array<char, 64> name{};
    std::snprintf(name.data(), name.size(), "/%016llx-%zu", static_cast<unsigned long long>(entry.number),
                  entry.records);
    return directory_ + name.data() + (entry.is_json ? ".json" : ".pb") + (entry.gzipped ? ".gz" : "");
}

void Spool::find_entries() {
    for (const auto& file : fs::directory_iterator(directory_)) {
        const std::string name = file.path().filename().string();
        if (name.ends_with(unfinished)) {
            fs::remove(file.path());
        } else if (auto entry = entry_of(name)) {
            entry->bytes = file.file_size();
            entry->path = path_of(*entry);
            entries_.push_back(std::move(*entry));
        }
    }
    std::ranges::sort(entries_, {}, &Entry::number);
    for (const Entry& entry : entries_) {
        bytes_ += entry.bytes;
        records_ += entry.records;
        next_number_ = entry.number + 1;
    }
}

Spool::Stored Spool::store(const Payload& payload, std::size_t records) {
    if (bytes_ + payload.size() > max_bytes_) return Stored::full;
    Entry entry{.number = next_number_,
                .records = records,
                .bytes = payload.size(),
                .is_json = payload.content_type == json_type,
                .gzipped = payload.gzipped};
    entry.path = path_of(entry);
    const std::string draft = entry.path + std::string(unfinished);
    entries_.push_back(std::move(entry));  // what may throw comes before there is a file
    if (!write_file(draft, payload.parts()) || ::rename(draft.c_str(), entries_.back().path.c_str()) != 0) {
        ::unlink(draft.c_str());
        entries_.pop_back();
        return Stored::failed;
    }
    ++next_number_;
    bytes_ += payload.size();
    records_ += records;
    return Stored::yes;
}

std::optional<Payload> Spool::front() const {
    const Entry& entry = entries_.front();
    auto body = read_file(entry.path, entry.bytes);
    if (!body) return std::nullopt;
    return Payload{
        .content_type = entry.is_json ? json_type : protobuf_type, .gzipped = entry.gzipped, .head = std::move(*body)};
}

void Spool::pop() noexcept {
    const Entry& entry = entries_.front();
    ::unlink(entry.path.c_str());
    bytes_ -= entry.bytes;
    records_ -= entry.records;
    entries_.pop_front();
}

}  // namespace tokenweir::tracing
