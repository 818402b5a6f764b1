#include "micro/floors.hpp"

#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <string_view>

namespace postrider::bench {

std::function<void()> seeing_lines(std::string text) {
    return [text = std::move(text)] {
        std::size_t lines = 0;
        for (std::string_view rest = text; !rest.empty(); ++lines) {
            const void* end = std::memchr(rest.data(), '\n', rest.size());
            if (end == nullptr) {
                break;
            }
            rest.remove_prefix(static_cast<std::size_t>(static_cast<const char*>(end) - rest.data()) + 1);
        }
        benchmark::DoNotOptimize(lines);
    };
}

std::function<void()> seeing(std::string text) {
    return [text = std::move(text)] { benchmark::DoNotOptimize(std::memchr(text.data(), '\x01', text.size())); };
}

std::function<void()> copying(std::string text) {
    auto target = std::make_shared<std::string>(text.size(), '\0');
    return [text = std::move(text), target = std::move(target)] {
        std::memcpy(target->data(), text.data(), text.size());
        benchmark::ClobberMemory();
    };
}

}  // namespace postrider::bench
