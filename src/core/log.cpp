#include "core/log.hpp"

#include <memory>
#include <mutex>
#include <utility>

#include "core/text.hpp"

namespace postrider {

namespace {

constexpr std::size_t longest_line = 4096;

std::mutex sink_mutex;
std::shared_ptr<const LogSink> current_sink;

std::shared_ptr<const LogSink> sink() {
    const std::scoped_lock lock(sink_mutex);
    return current_sink;
}

}  // namespace

void set_log_sink(LogSink sink) {
    auto next = std::make_shared<const LogSink>(std::move(sink));
    const std::scoped_lock lock(sink_mutex);
    current_sink = std::move(next);
}

void log_line(LogLevel level, std::string_view line, Protocol protocol) {
    if (const auto target = sink(); target && *target) {
        (*target)(level, log_safe(line, longest_line), protocol);
    }
}

}  // namespace postrider
