// The log as every room sees it: one line an event. Where lines go is decided once, by the service room.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/protocol.hpp"

namespace postrider {

/// Courier's prefixes: compat/config.md section 11.
enum class LogLevel : std::uint8_t { debug, info, notice, warning, error };

/// protocol: of the server that the line is about, which has a log name of its own.
using LogSink = std::function<void(LogLevel, std::string_view line, Protocol protocol)>;

/// Set before threads start, changed only by the service. Without a sink lines are dropped.
void set_log_sink(LogSink sink);

/// One line; control characters in it become '.', so that whatever a client sent stays inside its line. What concerns
/// no protocol, or both, goes under IMAP's name. Any thread.
void log_line(LogLevel level, std::string_view line, Protocol protocol = Protocol::imap);

}  // namespace postrider
