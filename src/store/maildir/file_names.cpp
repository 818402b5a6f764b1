#include "store/maildir/file_names.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <new>
#include <utility>

namespace postrider::store::maildir {

namespace {

/// Addresses are of blocks of this size; the first ones are smaller, for folders of few messages.
constexpr std::size_t block_bytes = 64 * 1024;
constexpr std::size_t first_block_bytes = 1024;
/// Most suffixes are no longer; what is longer is stored anew when it comes.
constexpr std::size_t usual_suffix = sizeof(":2,DFRST") - 1;
constexpr std::size_t least_slots = 16;

constexpr std::uint32_t no_name = 0;
constexpr std::uint32_t removed_name = 1;
constexpr std::uint32_t first_name = 2;

std::uint32_t hash_of(std::string_view base) {
    const std::size_t hash = std::hash<std::string_view>{}(base);
    return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
}

}  // namespace

std::uint32_t FileNames::store(std::string_view base, std::string_view suffix, std::size_t room) {
    if (block_used_ + base.size() + room > block_size_) {
        if (blocks_.size() == (std::uint64_t{1} << 32U) / block_bytes) {
            throw std::bad_alloc();  // 4 GiB of names
        }
        block_size_ = blocks_.empty() ? first_block_bytes : std::min(4 * block_size_, block_bytes);
        blocks_.push_back(std::make_unique_for_overwrite<char[]>(block_size_));
        block_used_ = 0;
    }
    const auto at = (blocks_.size() - 1) * block_bytes + block_used_;
    char* to = blocks_.back().get() + block_used_;
    std::ranges::copy(suffix, std::ranges::copy(base, to).out);
    block_used_ += base.size() + room;
    return static_cast<std::uint32_t>(at);
}

const char* FileNames::text(std::uint32_t at) const {
    return blocks_[at / block_bytes].get() + at % block_bytes;
}

std::string_view FileNames::name(Id id) const {
    const Name& name = names_[id];
    return {text(name.at), std::size_t{name.base_size} + name.suffix_size};
}

FileNames::Id FileNames::add(std::string_view base, std::string_view suffix) {
    const Id id = ids();
    const std::size_t room = std::max(suffix.size(), usual_suffix);
    names_.push_back({.at = store(base, suffix, room),
                      .base_size = static_cast<std::uint8_t>(base.size()),
                      .suffix_size = static_cast<std::uint8_t>(suffix.size()),
                      .room = static_cast<std::uint8_t>(room),
                      .is_removed = false});
    ++size_;
    if (4 * (used_slots_ + 1) > 3 * slots_.size()) {
        fill_slots(size_ + size_ / 2);
        return id;
    }
    const auto hash = hash_of(base);
    auto slot = hash & (slots_.size() - 1);
    while (slots_[slot].place >= first_name) {
        slot = (slot + 1) & (slots_.size() - 1);
    }
    used_slots_ += slots_[slot].place == no_name ? 1 : 0;
    slots_[slot] = {.hash = hash, .place = id + first_name};
    return id;
}

std::optional<FileNames::Id> FileNames::find(std::string_view base) const {
    if (slots_.empty()) {
        return std::nullopt;
    }
    const auto hash = hash_of(base);
    for (auto at = hash & (slots_.size() - 1); slots_[at].place != no_name; at = (at + 1) & (slots_.size() - 1)) {
        const Slot& slot = slots_[at];
        if (slot.hash == hash && slot.place != removed_name && this->base(slot.place - first_name) == base) {
            return slot.place - first_name;
        }
    }
    return std::nullopt;
}

std::size_t FileNames::slot_of(Id id) const {
    auto at = hash_of(base(id)) & (slots_.size() - 1);
    while (slots_[at].place != id + first_name) {
        at = (at + 1) & (slots_.size() - 1);
    }
    return at;
}

void FileNames::set_suffix(Id id, std::string_view suffix) {
    Name& name = names_[id];
    if (suffix.size() <= name.room) {
        std::ranges::copy(suffix, blocks_[name.at / block_bytes].get() + name.at % block_bytes + name.base_size);
    } else {
        name.at = store(base(id), suffix, suffix.size());
        name.room = static_cast<std::uint8_t>(suffix.size());
    }
    name.suffix_size = static_cast<std::uint8_t>(suffix.size());
}

void FileNames::remove(Id id) {
    slots_[slot_of(id)].place = removed_name;
    names_[id].is_removed = true;
    --size_;
}

void FileNames::take_back() {
    const Id last = ids() - 1;
    if (!is_removed(last)) {
        remove(last);
    }
    names_.pop_back();
}

void FileNames::take_out_removed() {
    FileNames kept;
    kept.reserve(size_);
    for (Id id = 0; id < ids(); ++id) {
        if (!is_removed(id)) {
            kept.add(base(id), suffix(id));
        }
    }
    *this = std::move(kept);
}

void FileNames::reserve(std::size_t count) {
    names_.reserve(count);
    if (3 * slots_.size() < 4 * (count + 1)) {
        fill_slots(count);
    }
}

/// With room for so many names.
void FileNames::fill_slots(std::size_t count) {
    slots_.assign(std::bit_ceil(std::max(least_slots, 4 * (count + 1) / 3)), Slot{});
    used_slots_ = size_;
    for (Id id = 0; id < ids(); ++id) {
        if (is_removed(id)) {
            continue;
        }
        const auto hash = hash_of(base(id));
        auto at = hash & (slots_.size() - 1);
        while (slots_[at].place != no_name) {
            at = (at + 1) & (slots_.size() - 1);
        }
        slots_[at] = {.hash = hash, .place = id + first_name};
    }
}

}  // namespace postrider::store::maildir
