#include "core/result.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace postrider {

namespace {

Code code_of(int errno_value) {
    switch (errno_value) {
        case ENOSPC:
            return Code::no_space;
        case EDQUOT:
            return Code::over_quota;
        case EACCES:
        case EPERM:
        case EROFS:
            return Code::not_permitted;
        case EEXIST:
            return Code::already_exists;
        case ENAMETOOLONG:
            return Code::invalid_name;
        case EMFILE:
        case ENFILE:
        case ENOMEM:
        case EIO:
        case ESTALE:
            return Code::unavailable;
        default:
            return Code::internal;
    }
}

}  // namespace

Error system_error(int errno_value, std::string what) {
    what += ": " + std::generic_category().message(errno_value);
    return {code_of(errno_value), std::move(what)};
}

void throw_error(const Error& error) {
    throw std::runtime_error("a result without value was used: " + error.detail);
}

}  // namespace postrider
