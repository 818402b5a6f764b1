// From IMAP's part numbers to a part. RFC 3501 section 6.4.5.
#include "mime/structure.hpp"

namespace postrider::mime {

namespace {

/// What the next number counts in, below a part that a number led to: a multipart's parts, or those of the message
/// inside. Null: the part has none.
const Part* container_of(const Part& part) {
    if (part.is_multipart()) {
        return &part;
    }
    return part.is_message() ? &part.children.front() : nullptr;
}

/// The n-th part of a multipart; the only part of a message that is no multipart is the message itself.
const Part* numbered(const Part& container, std::uint32_t number) {
    if (number == 0) {
        return nullptr;
    }
    if (container.is_multipart()) {
        return number <= container.children.size() ? &container.children[number - 1] : nullptr;
    }
    return number == 1 ? &container : nullptr;
}

}  // namespace

const Part* find_part(const Part& message, const std::vector<std::uint32_t>& part) {
    const Part* container = &message;
    const Part* found = &message;
    for (const std::uint32_t number : part) {
        found = container == nullptr ? nullptr : numbered(*container, number);
        if (found == nullptr) {
            return nullptr;
        }
        container = container_of(*found);
    }
    return found;
}

}  // namespace postrider::mime
