// Every beginning of a good input: a reader of outside bytes takes it or says where it is wrong.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "imap/wire/arg_reader.hpp"
#include "support/catch.hpp"

namespace postrider::imap::wire {

/// read: string_view -> Parsed<T>.
template <class Read>
void check_prefixes(std::string_view text, Read read) {
    for (std::size_t size = 0; size <= text.size(); ++size) {
        const std::string cut(text.substr(0, size));  // of its own, so that a read beyond it is noticed
        INFO(cut);
        const auto result = read(std::string_view(cut));
        if (!result) {
            CHECK(result.error().offset <= size);
            CHECK_FALSE(result.error().reason.empty());
        }
    }
}

/// read: ArgReader& -> Parsed<T>. A failed read leaves the cursor.
template <class Read>
void check_reader_prefixes(std::string_view text, Read read) {
    check_prefixes(text, [&](std::string_view cut) {
        ArgReader in(cut);
        auto result = read(in);
        CHECK(in.offset() <= cut.size());
        CHECK((result.has_value() || in.offset() == 0));
        return result;
    });
}

}  // namespace postrider::imap::wire
