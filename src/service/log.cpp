#include "service/log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <syslog.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "core/log.hpp"

namespace postrider::service {

namespace {

struct FacilityRow {
    std::string_view name;
    int value;
};

constexpr FacilityRow facilities[] = {
    {"auth", LOG_AUTH},     {"authpriv", LOG_AUTHPRIV}, {"daemon", LOG_DAEMON}, {"mail", LOG_MAIL},
    {"user", LOG_USER},     {"local0", LOG_LOCAL0},     {"local1", LOG_LOCAL1}, {"local2", LOG_LOCAL2},
    {"local3", LOG_LOCAL3}, {"local4", LOG_LOCAL4},     {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6},
    {"local7", LOG_LOCAL7},
};

int facility_of(std::string_view name) {
    for (const FacilityRow& row : facilities) {
        if (row.name == name) {
            return row.value;
        }
    }
    return LOG_MAIL;
}

/// What a line begins with. A system log keeps the level itself; in a file, lines of the usual level stand as a system
/// log would write them, since fail2ban's filters for Courier look for that.
std::string_view prefix_of(LogTarget target, LogLevel level) {
    const bool is_left_out =
        target == LogTarget::syslog ? level != LogLevel::notice : target == LogTarget::file && level == LogLevel::info;
    if (is_left_out) {
        return "";
    }
    switch (level) {
        case LogLevel::debug:
            return "DEBUG: ";
        case LogLevel::info:
            return "INFO: ";
        case LogLevel::notice:
            return "NOTICE: ";
        case LogLevel::warning:
            return "WARN: ";
        case LogLevel::error:
            return "ERR: ";
    }
    return "";
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
        case LogLevel::notice:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

spdlog::sink_ptr file_sink(const std::string& file) {
    try {
        return std::make_shared<spdlog::sinks::basic_file_sink_mt>(file);
    } catch (const spdlog::spdlog_ex& error) {
        throw std::runtime_error(std::string("LOG: ") + error.what());
    }
}

/// The names that log readers such as fail2ban look for; Courier's servers have them.
constexpr const char* imap_name = "imapd";
constexpr const char* pop3_name = "pop3d";

/// syslog knows one name of a process at a time: each line sets its own, under the sink's lock.
class SyslogSink : public spdlog::sinks::syslog_sink_mt {
public:
    explicit SyslogSink(int facility)
        : spdlog::sinks::syslog_sink_mt(imap_name, LOG_PID, facility, true), facility_(facility) {}

protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        ::openlog(message.logger_name == pop3_name ? pop3_name : imap_name, LOG_PID, facility_);
        spdlog::sinks::syslog_sink_mt::sink_it_(message);
    }

private:
    int facility_;
};

/// By protocol, into the same place.
struct Loggers {
    std::shared_ptr<spdlog::logger> imap;
    std::shared_ptr<spdlog::logger> pop3;
};

Loggers make_loggers(const Settings& settings) {
    spdlog::sink_ptr sink;
    std::string pattern = "%v";
    switch (settings.log) {
        case LogTarget::standard_error:
            sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
            break;
        case LogTarget::syslog:
            set_log_sink({});  // at a reload the old one's closelog() must not take the new one's name away
            sink = std::make_shared<SyslogSink>(facility_of(settings.log_facility));
            break;
        case LogTarget::file:
            sink = file_sink(settings.log_file);
            pattern = "%Y-%m-%dT%H:%M:%S.%e%z %n[%P]: %v";
            break;
    }
    const auto named = [&](const char* name) {
        auto logger = std::make_shared<spdlog::logger>(name, sink);
        logger->set_pattern(pattern);
        logger->set_level(settings.log_debug ? spdlog::level::debug : spdlog::level::info);
        logger->flush_on(spdlog::level::debug);
        return logger;
    };
    return {.imap = named(imap_name), .pop3 = named(pop3_name)};
}

}  // namespace

std::function<void()> prepared_log(const Settings& settings) {
    // syslog has one name a process: the new sink must come after the old one's end. It cannot fail.
    auto loggers = settings.log != LogTarget::syslog ? make_loggers(settings) : Loggers{};
    return [loggers, settings]() mutable {
        loggers = loggers.imap ? loggers : make_loggers(settings);
        set_log_sink([loggers, target = settings.log](LogLevel level, std::string_view line, Protocol protocol) {
            const auto& logger = protocol == Protocol::imap ? loggers.imap : loggers.pop3;
            logger->log(spdlog_level(level), "{}{}", prefix_of(target, level), line);
        });
    };
}

void start_log(const Settings& settings) {
    prepared_log(settings)();
}

}  // namespace postrider::service
