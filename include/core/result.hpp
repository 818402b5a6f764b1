// How a call says that it could not do what was asked: Result<T> for wishes, Parsed<T> for grammar.
#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace postrider {

/// What kind of refusal; the protocol rooms choose the client's text and response code from it.
enum class Code : std::uint8_t {
    internal,         ///< our mistake or a broken system; SERVERBUG
    unavailable,      ///< a backend or the file system does not work at the moment; UNAVAILABLE
    no_such_mailbox,  ///< NONEXISTENT
    invalid_name,     ///< the mailbox name cannot exist; CANNOT
    already_exists,   ///< ALREADYEXISTS
    reserved,         ///< INBOX, the trash folder: not to be deleted or renamed; CANNOT
    not_permitted,    ///< file permissions or rights; NOPERM
    wrong_owner,      ///< the mail belongs to somebody else than its account
    locked,           ///< another program holds the folder's lock: to be tried again; UNAVAILABLE
    in_use,           ///< the folder is open in a way that forbids the wish; INUSE
    over_quota,       ///< EDQUOT or a mail quota; OVERQUOTA
    no_space,         ///< disk full, or no write permission for mail data
    limit,            ///< one of our own limits; LIMIT
    expunged,         ///< the message is gone; EXPUNGEISSUED
    denied,           ///< wrong user name or password; AUTHENTICATIONFAILED
    invalid_data,     ///< a file or record has a form we cannot read
    unknown_charset,  ///< BADCHARSET
};

/// A refusal. `detail` is for the log alone: it may hold paths and names and never reaches a client.
struct Error {
    Code code = Code::internal;
    std::string detail;

    Error() = default;
    Error(Code c) : code(c) {}
    Error(Code c, std::string d) : code(c), detail(std::move(d)) {}

    friend bool operator==(const Error&, const Error&) = default;
};

/// The Error for a failed system call: ENOSPC and EDQUOT, ENOENT, EACCES and their like get codes of their own.
/// what: the call and its object, for the log.
Error system_error(int errno_value, std::string what);

[[noreturn]] void throw_error(const Error& error);

inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw_error(error);
}

/// A value, or the Error that kept it from being made.
template <class T = void>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
    using Base = boost::system::result<T, Error>;

public:
    using Base::Base;
};

/// Where and why bytes are not what the grammar asks for. offset: of the first wrong byte.
struct SyntaxError {
    std::size_t offset = 0;
    std::string reason;

    // Not an aggregate: g++ 12 would take a Parsed<bool> for one made from a number.
    SyntaxError() = default;
    SyntaxError(std::size_t o, std::string r) : offset(o), reason(std::move(r)) {}

    friend bool operator==(const SyntaxError&, const SyntaxError&) = default;
};

inline void throw_exception_from_error(const SyntaxError& error, const boost::source_location&) {
    throw_error(Error(Code::invalid_data, error.reason));
}

/// A parsed value, or the SyntaxError.
template <class T>
class [[nodiscard]] Parsed : public boost::system::result<T, SyntaxError> {
    using Base = boost::system::result<T, SyntaxError>;

public:
    using Base::Base;
};

}  // namespace postrider
