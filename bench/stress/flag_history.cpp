#include "stress/flag_history.hpp"

#include <algorithm>

namespace postrider::bench::stress {

namespace {

/// The write that stands for a message's birth. No operation begins so early.
constexpr Stamp birth_mark{0};

}  // namespace

FlagHistory::FlagHistory() {
    registers_.fill({Write{.time = {birth_mark, birth_mark}, .certain = true, .value = std::nullopt}});
}

Flags FlagHistory::born(Interval birth, const Flags& values, const Flags& unknown) {
    Flags wrong;
    for (std::size_t index = 0; index < flag_count; ++index) {
        for (Write& write : registers_[index]) {
            if (write.time.start == birth_mark) {
                wrong[index] = !unknown[index] && write.value && *write.value != values[index];
                write.time = birth;
                write.certain = birth.end != never;
                write.value = unknown[index] ? write.value : values[index];
            }
        }
    }
    return wrong;
}

void FlagHistory::begin(Stamp start, const Flags& touched, const Flags& values, const Flags& unknown) {
    for (std::size_t index = 0; index < flag_count; ++index) {
        if (touched[index]) {
            const auto value = unknown[index] ? std::nullopt : std::optional(values[index]);
            registers_[index].push_back({.time = {start, never}, .certain = false, .value = value});
        }
    }
}

template <class Change>
void FlagHistory::change(Stamp start, Change change) {
    for (Register& writes : registers_) {
        for (Write& write : writes) {
            if (write.time.start == start) {
                change(write);
            }
        }
    }
}

void FlagHistory::end(Stamp start, Stamp now) {
    change(start, [now](Write& write) {
        write.time.end = std::min(write.time.end, now);
        write.certain = true;
    });
}

void FlagHistory::give_up(Stamp start, Stamp now) {
    change(start, [now](Write& write) { write.time.end = std::min(write.time.end, now); });
}

Flags FlagHistory::narrow(Stamp start, const PossibleFlags& given) {
    Flags wrong;
    for (std::size_t index = 0; index < flag_count; ++index) {
        for (Write& write : registers_[index]) {
            if (write.time.start != start) {
                continue;
            }
            if (given.set[index] && given.clear[index]) {
                continue;
            }
            wrong[index] = write.value && *write.value != given.set[index];
            write.value = given.set[index];
        }
    }
    return wrong;
}

/// Whether a read that begins at `start` cannot give this write any more, since a later one stands.
bool FlagHistory::is_past(const Register& writes, const Write& write, Stamp start) {
    return std::ranges::any_of(writes, [&](const Write& other) {
        return other.certain && other.time.start > write.time.end && other.time.end < start;
    });
}

bool FlagHistory::can_give(const Register& writes, const Write& write, const Read& read, std::size_t index) {
    return write.time.start < read.time.end && write.time.end >= read.seen[index] &&
           !is_past(writes, write, read.time.start);
}

PossibleFlags FlagHistory::possible(const Read& read) const {
    PossibleFlags possible;
    for (std::size_t index = 0; index < flag_count; ++index) {
        for (const Write& write : registers_[index]) {
            if (can_give(registers_[index], write, read, index)) {
                possible.set[index] = possible.set[index] || write.value.value_or(true);
                possible.clear[index] = possible.clear[index] || !write.value.value_or(false);
            }
        }
    }
    return possible;
}

/// At some moment of the read the flag had this value, as if it were written anew then: so a write of the other value
/// that had ended before is past for all who read later.
void FlagHistory::settle(Register& writes, bool value, Interval read) {
    const bool is_news = std::ranges::any_of(writes, [&](const Write& write) {
        return write.value.value_or(!value) != value && write.time.end < read.start &&
               !is_past(writes, write, read.end);
    });
    if (is_news) {
        writes.push_back({.time = read, .certain = true, .value = value});
    }
}

Seen FlagHistory::observe(const Flags& told, const Read& read) {
    Seen seen = read.seen;
    for (std::size_t index = 0; index < flag_count; ++index) {
        Write* only = nullptr;
        std::size_t candidates = 0;
        for (Write& write : registers_[index]) {
            if (write.value.value_or(told[index]) == told[index] && can_give(registers_[index], write, read, index)) {
                only = &write;
                ++candidates;
            }
        }
        if (candidates == 1) {
            seen[index] = std::max(seen[index], only->time.start);
            only->time.end = std::min(only->time.end, read.time.end);
            only->certain = true;
            only->value = told[index];
        }
        settle(registers_[index], told[index], read.time);
    }
    return seen;
}

void FlagHistory::forget(Stamp oldest) {
    for (Register& writes : registers_) {
        Register kept;
        std::ranges::copy_if(writes, std::back_inserter(kept),
                             [&](const Write& write) { return !is_past(writes, write, oldest); });
        writes = std::move(kept);
    }
}

}  // namespace postrider::bench::stress
