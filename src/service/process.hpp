// What every serving process does for itself: signals, descriptors, the end, the watchdog.
#pragma once

#include <sys/types.h>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "core/task.hpp"

namespace postrider::service {

/// As many descriptors as the system lets us have: a session needs one. Gives their number.
std::uint64_t raise_descriptor_limit();

/// Ends the process with that code when it has not ended by itself: work on the pool cannot be interrupted (a lock that
/// another program holds, a slow disk). What was answered is on disk already, so it may end in the middle of it.
void end_process_after(std::chrono::milliseconds time, int code);

/// True after a SIGTERM or SIGINT; SIGHUP is nothing then. Until the signals are cancelled.
std::shared_ptr<const bool> hurry_of(boost::asio::signal_set& signals);

/// Listens no more; a signal that comes late does not end the process in its last moments.
void leave_signals(boost::asio::signal_set& signals);

/// Runs a piece of work never twice at a time: who asks meanwhile gets the result of one more run, after this one.
/// On one strand.
class OneAtATime {
public:
    Task<std::string> run(std::function<Task<std::string>()> work);

private:
    bool running_ = false;
    std::uint64_t wanted_ = 0;
    std::uint64_t done_ = 0;
    std::string last_;
};

/// Looks again and again whether condition() holds, until the deadline. Gives whether it does.
Task<bool> wait_for(std::function<bool()> condition, std::chrono::steady_clock::time_point deadline);

/// Tells systemd that this loop is alive, as often as it asks for; returns at once when it does not.
Task<void> feed_watchdog();

/// Why a task ended: "" for no exception.
std::string text_of(const std::exception_ptr& error);

/// Memory of a process that is counted to it (PSS), in bytes; 0: not known.
std::uint64_t memory_of(pid_t process);

}  // namespace postrider::service
