// Structs filled and compared field by field without naming a field: one that is forgotten where it is written or read
// does not come back the same.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/pfr.hpp>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "auth/sasl.hpp"

namespace postrider::test {

/// Gives every field a value of its own that is not its default: numbers rise, lists have two elements.
class Filler {
public:
    void fill(bool& value) { value = true; }
    void fill(std::string& value) { value = std::string("text \r\n\0 ", 9) + std::to_string(++count_); }
    void fill(boost::asio::ip::address& value) {
        value = boost::asio::ip::make_address("2001:db8::" + std::to_string(++count_));
    }
    template <std::integral T>
    void fill(T& value) {
        // The highest byte of a wide number counts too.
        value = static_cast<T>(++count_ | 1ULL << (8 * sizeof(T) - 2));
    }
    template <class T>
    requires std::is_enum_v<T>
    void fill(T& value) { value = last_value(T{}); }
    template <class R, class P>
    void fill(std::chrono::duration<R, P>& value) {
        value = std::chrono::duration<R, P>(-static_cast<R>(++count_));
    }
    template <class D>
    void fill(std::chrono::time_point<std::chrono::steady_clock, D>& value) {
        value = std::chrono::time_point<std::chrono::steady_clock, D>(D(++count_));
    }
    void fill(auth::MechanismSet& value) {
        value = auth::MechanismSet::from_bits(static_cast<std::uint32_t>(++count_));
    }
    void fill(auth::Credentials& value) {
        for (std::string* text : {&value.user, &value.password, &value.timestamp}) {
            fill(*text);
        }
    }
    template <class... T>
    void fill(std::variant<T...>& value) {
        using Last = std::tuple_element_t<sizeof...(T) - 1, std::tuple<T...>>;
        fill(value.template emplace<Last>());
    }
    template <class T>
    void fill(std::optional<T>& value) {
        fill(value.emplace());
    }
    template <class T>
    void fill(std::vector<T>& value) {
        value.resize(2);
        for (T& item : value) {
            fill(item);
        }
    }
    template <class T>
    requires std::is_aggregate_v<T>
    void fill(T& value) {
        boost::pfr::for_each_field(value, [this](auto& field) { fill(field); });
    }

private:
    std::uint64_t count_ = 0;
};

template <class T>
T filled() {
    T value{};
    Filler().fill(value);
    return value;
}

template <class T>
bool same(const T& one, const T& other);

template <class T>
bool same(const std::optional<T>& one, const std::optional<T>& other) {
    return one.has_value() == other.has_value() && (!one || same(*one, *other));
}

template <class T>
bool same(const std::vector<T>& one, const std::vector<T>& other) {
    bool all = one.size() == other.size();
    for (std::size_t i = 0; all && i < one.size(); ++i) {
        all = same(one[i], other[i]);
    }
    return all;
}

inline bool same(const auth::Credentials& one, const auth::Credentials& other) {
    return one.user == other.user && one.password == other.password && one.timestamp == other.timestamp;
}

template <class... T>
bool same(const std::variant<T...>& one, const std::variant<T...>& other) {
    const auto both = [](const auto& a, const auto& b) {
        if constexpr (std::is_same_v<decltype(a), decltype(b)>) {
            return same(a, b);
        }
        return false;
    };
    return std::visit(both, one, other);
}

template <class T>
bool same(const T& one, const T& other) {
    if constexpr (std::equality_comparable<T>) {
        return one == other;
    } else {
        const auto fields = boost::pfr::structure_tie(one);
        const auto others = boost::pfr::structure_tie(other);
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return (same(std::get<I>(fields), std::get<I>(others)) && ...);
        }
        (std::make_index_sequence<boost::pfr::tuple_size_v<T>>());
    }
}

}  // namespace postrider::test
