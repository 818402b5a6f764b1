// Structs as bytes and back, between our own processes of one version. A struct is described once, by
// `template <class C> void fields(C& c, S& s) { c & s.a & s.b; }`.
// Numbers are little-endian in their own size, text and lists begin with a 32-bit count, an optional with 0 or 1, a
// variant with the number of its alternative in a byte.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace postrider::service {

namespace detail {

template <class T>
concept Count = std::integral<T> || std::is_enum_v<T>;

template <class T>
struct IsDuration : std::false_type {};
template <class R, class P>
struct IsDuration<std::chrono::duration<R, P>> : std::true_type {};

}  // namespace detail

class Encoder {
public:
    template <detail::Count T>
    Encoder& operator&(const T& value) {
        auto bits = static_cast<std::uint64_t>(value);
        for (std::size_t i = 0; i < sizeof(T); ++i, bits >>= 8) {
            out_ += static_cast<char>(bits & 0xFF);
        }
        return *this;
    }
    Encoder& operator&(const std::string& text) {
        *this& static_cast<std::uint32_t>(text.size());
        out_ += text;
        return *this;
    }
    template <class T>
    Encoder& operator&(const std::vector<T>& list) {
        *this& static_cast<std::uint32_t>(list.size());
        for (const T& item : list) {
            *this& item;
        }
        return *this;
    }
    template <class T>
    Encoder& operator&(const std::optional<T>& value) {
        *this& value.has_value();
        return value ? *this & *value : *this;
    }
    template <class... T>
    Encoder& operator&(const std::variant<T...>& value) {
        *this& static_cast<std::uint8_t>(value.index());
        std::visit([this](const auto& one) { *this& one; }, value);
        return *this;
    }
    template <class T>
    requires(std::is_class_v<T>) Encoder& operator&(const T& value) {
        if constexpr (detail::IsDuration<T>::value) {
            return *this & static_cast<std::int64_t>(value.count());
        } else {
            fields(*this, const_cast<T&>(value));  // one description serves both directions
            return *this;
        }
    }

    std::string take() { return std::move(out_); }

private:
    std::string out_;
};

/// Reads what Encoder wrote. Wrong bytes leave the value half filled and is_whole() false; never more memory than some
/// times the bytes given.
class Decoder {
public:
    explicit Decoder(std::string_view bytes) : rest_(bytes) {}

    template <detail::Count T>
    Decoder& operator&(T& value) {
        const std::string_view bytes = taken(sizeof(T));
        std::uint64_t bits = 0;
        for (std::size_t i = bytes.size(); i > 0; --i) {
            bits = bits << 8 | static_cast<unsigned char>(bytes[i - 1]);
        }
        if constexpr (std::is_same_v<T, bool>) {
            good_ = good_ && bits <= 1;
            value = bits == 1;
        } else {
            value = static_cast<T>(bits);
        }
        if constexpr (std::is_enum_v<T>) {
            // Every enum that travels names its last value.
            good_ = good_ && bits <= static_cast<std::uint64_t>(last_value(T{}));
        }
        return *this;
    }
    Decoder& operator&(std::string& text) {
        std::uint32_t size = 0;
        *this& size;
        text = taken(size);
        return *this;
    }
    template <class T>
    Decoder& operator&(std::vector<T>& list) {
        std::uint32_t count = 0;
        *this& count;
        good_ = good_ && count <= rest_.size();  // an element has at least one byte
        list.clear();
        for (std::uint32_t i = 0; good_ && i < count; ++i) {
            *this& list.emplace_back();
        }
        return *this;
    }
    template <class T>
    Decoder& operator&(std::optional<T>& value) {
        bool there = false;
        *this& there;
        value.reset();
        return there && good_ ? *this & value.emplace() : *this;
    }
    template <class... T>
    Decoder& operator&(std::variant<T...>& value) {
        std::uint8_t index = 0;
        *this& index;
        good_ = good_ && index < sizeof...(T);
        std::uint8_t at = 0;
        (take_if<T>(at++ == index, value), ...);
        return *this;
    }
    template <class T>
    requires(std::is_class_v<T>) Decoder& operator&(T& value) {
        if constexpr (detail::IsDuration<T>::value) {
            std::int64_t count = 0;
            *this& count;
            value = T(static_cast<typename T::rep>(count));
        } else {
            fields(*this, value);
        }
        return *this;
    }

    /// For a field's own condition.
    void require(bool condition) { good_ = good_ && condition; }
    /// Everything was there, in its form, and nothing behind it.
    bool is_whole() const { return good_ && rest_.empty(); }

private:
    template <class T, class V>
    void take_if(bool chosen, V& value) {
        if (chosen && good_) {
            *this& value.template emplace<T>();
        }
    }
    std::string_view taken(std::size_t size) {
        if (!good_ || size > rest_.size()) {
            good_ = false;
            return {};
        }
        const std::string_view bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return bytes;
    }

    std::string_view rest_;
    bool good_ = true;
};

template <class T>
std::string encoded(const T& value) {
    Encoder encoder;
    encoder& value;
    return encoder.take();
}

/// None: not the bytes of a T.
template <class T>
std::optional<T> decoded(std::string_view bytes) {
    Decoder decoder(bytes);
    T value{};
    decoder& value;
    return decoder.is_whole() ? std::optional<T>(std::move(value)) : std::nullopt;
}

/// Text of at most `most` bytes: a longer one is no message.
template <class C>
void bounded(C& codec, std::string& text, std::size_t most) {
    codec& text;
    if constexpr (requires { codec.require(true); }) {
        codec.require(text.size() <= most);
    }
}
template <class C>
void bounded(C& codec, std::optional<std::string>& text, std::size_t most) {
    codec& text;
    if constexpr (requires { codec.require(true); }) {
        codec.require(!text || text->size() <= most);
    }
}

}  // namespace postrider::service
