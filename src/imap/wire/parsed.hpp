// Makes a Parsed<T> of a value of any type. Its own constructors refuse numbers and bools: a SyntaxError, being an
// aggregate, could be made of them as well.
#pragma once

#include <boost/system/result.hpp>
#include <utility>

#include "core/result.hpp"

namespace postrider::imap::wire {

template <class T>
Parsed<T> parsed(T value) {
    return Parsed<T>(boost::system::in_place_value, std::move(value));
}

}  // namespace postrider::imap::wire
